//! Where people are told what waits: the robots of three group chats, a mail server and SNS, each of which behaves as told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use koogallery::Timestamp;
use koogallery_runtime::Environment;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::application::TestClock;
use crate::aws::AwsService;

/// The secret of the robots that sign.
pub const ROBOT_SECRET: &str = "SEC-of-the-robots";
/// The key in the robots' addresses.
pub const ROBOT_KEY: &str = "key-of-the-robots";
/// The password for mail.
pub const MAIL_PASSWORD: &str = "password-of-the-mail";
/// The topic.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:people";
/// The console that messages lead to.
pub const CONSOLE: &str = "https://console.example.com";

/// How a destination takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Takes {
    /// It takes them.
    #[default]
    Well,
    /// It refuses them: a robot by its code, with HTTP 200.
    Not(i64),
    /// The connection breaks, after it has taken the message.
    AndCuts,
}

/// A message that arrived, taken or not.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Where: `feishu`, `dingtalk`, `wecom` or `mail`.
    pub at: &'static str,
    /// When, by the test's clock.
    pub when: Timestamp,
    /// The query of the robot's address.
    pub query: String,
    /// What a robot got.
    pub body: Value,
    /// The words of it.
    pub text: String,
    /// Whether it was taken.
    pub taken: bool,
}

/// All of them.
pub struct People {
    robots: SocketAddr,
    mail: SocketAddr,
    /// SNS.
    pub sns: AwsService,
    held: Arc<Held>,
}

struct Held {
    clock: TestClock,
    takes: Mutex<BTreeMap<&'static str, Takes>>,
    arrived: Mutex<Vec<Arrived>>,
}

const ROBOTS: [&str; 3] = ["feishu", "dingtalk", "wecom"];

impl People {
    /// They take everything.
    pub async fn start(clock: TestClock) -> Self {
        let held = Arc::new(Held { clock, takes: Mutex::default(), arrived: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let robots = listener.local_addr().unwrap();
        let router = Router::new().fallback(robot).with_state(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mail = listener.local_addr().unwrap();
        let mails = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take_mail(Arc::clone(&mails), stream));
            }
        });
        Self { robots, mail, sns: AwsService::start().await, held }
    }

    /// The configuration with all of them; `more` is added to each destination.
    #[must_use]
    pub fn told(&self, environment: Environment, more: &Value) -> Environment {
        let mail = json!({ "name": "mail", "to": "mail", "server": "127.0.0.1", "port": self.mail.port(), "security": "none",
            "from": "Shop <shop@example.com>", "recipients": ["ops@example.com"], "language": "en" });
        let topic = json!({ "name": "topic", "to": "sns", "topic": TOPIC, "language": "en" });
        let robots = ROBOTS.map(|to| json!({ "name": to, "to": to }));
        let mut all = [&robots[..], &[mail, topic]].concat();
        for destination in &mut all {
            for (name, value) in more.as_object().unwrap() {
                destination[name] = value.clone();
            }
        }
        let mut secrets: Value = ROBOTS
            .into_iter()
            .map(|robot| {
                let url = format!("http://{}/{robot}?key={ROBOT_KEY}", self.robots);
                (robot.to_owned(), json!({ "url": url, "secret": ROBOT_SECRET }))
            })
            .collect();
        secrets["mail"] = json!({ "user": "shop", "password": MAIL_PASSWORD });
        environment
            .with("KOOGALLERY_NOTIFY", Value::from(all).to_string())
            .with("KOOGALLERY_NOTIFY_SECRETS", secrets.to_string())
            .with("KOOGALLERY_CONSOLE_URL", CONSOLE)
            .with("AWS_ENDPOINT_URL_SNS", self.sns.endpoint())
    }

    /// From now on, a destination takes messages so.
    pub fn take(&self, at: &'static str, takes: Takes) {
        self.held.takes.lock().unwrap().insert(at, takes);
    }

    /// What arrived at a destination, taken or not.
    #[must_use]
    pub fn arrived(&self, at: &str) -> Vec<Arrived> {
        let arrived = self.held.arrived.lock().unwrap();
        arrived.iter().filter(|arrived| arrived.at == at).cloned().collect()
    }

    /// The words of what a destination has taken, and of what SNS has.
    #[must_use]
    pub fn taken(&self, at: &str) -> Vec<String> {
        if at == "topic" {
            return self
                .sns
                .asked("Publish")
                .iter()
                .map(|asked| asked["Message"].as_str().unwrap().to_owned())
                .collect();
        }
        self.arrived(at).into_iter().filter(|arrived| arrived.taken).map(|arrived| arrived.text).collect()
    }
}

impl Held {
    /// How the message is taken.
    fn arrive(&self, at: &'static str, query: String, body: Value, text: String) -> Takes {
        let way = self.takes.lock().unwrap().get(at).copied().unwrap_or_default();
        let taken = !matches!(way, Takes::Not(_));
        let when = self.clock.now();
        self.arrived.lock().unwrap().push(Arrived { at, when, query, body, text, taken });
        way
    }
}

async fn robot(State(held): State<Arc<Held>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let at = ROBOTS.into_iter().find(|robot| parts.uri.path() == format!("/{robot}")).unwrap();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    assert!(query.contains(ROBOT_KEY), "{query}");
    let body = to_bytes(body, usize::MAX).await.unwrap();
    assert!(body.len() <= 20_000, "{at} takes no {} bytes", body.len());
    let body: Value = serde_json::from_slice(&body).unwrap();
    let text = match at {
        "feishu" => body["content"]["post"].to_string(),
        "dingtalk" => body["markdown"]["text"].as_str().unwrap().to_owned(),
        _ => {
            let content = body["markdown"]["content"].as_str().unwrap();
            assert!(content.len() <= 4096, "WeCom takes no {} bytes", content.len());
            content.to_owned()
        }
    };
    let name = if at == "feishu" { "code" } else { "errcode" };
    let code = match held.arrive(at, query, body, text) {
        Takes::Well => 0,
        Takes::Not(code) => code,
        Takes::AndCuts => {
            let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut")) });
            return Response::new(Body::from_stream(broken));
        }
    };
    Response::new(Body::from(json!({ name: code, "msg": "as the test asked" }).to_string()))
}

/// A conversation with a mail server, of one mail.
async fn take_mail(held: Arc<Held>, stream: TcpStream) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    drop(write.write_all(b"220 mail.example.com\r\n").await);
    let (mut mail, mut is_data) = (String::new(), false);
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = if is_data {
            if line != "." {
                mail = mail + &line + "\n";
                continue;
            }
            is_data = false;
            match held.arrive("mail", String::new(), Value::Null, std::mem::take(&mut mail)) {
                Takes::Well => "250 OK\r\n".to_owned(),
                Takes::Not(code) => format!("{code} no\r\n"),
                Takes::AndCuts => return,
            }
        } else {
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => "250-mail.example.com\r\n250 AUTH PLAIN\r\n".to_owned(),
                "AUTH" => "235 welcome\r\n".to_owned(),
                "DATA" => {
                    is_data = true;
                    "354 go on\r\n".to_owned()
                }
                "QUIT" => "221 bye\r\n".to_owned(),
                _ => "250 OK\r\n".to_owned(),
            }
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
