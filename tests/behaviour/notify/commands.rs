//! `koogallery notify`, as a person runs it.

use std::process::{Output, Stdio};

use koogallery_runtime::Environment;
use koogallery_tests::application::TestClock;
use koogallery_tests::people::{MAIL_PASSWORD, People, ROBOT_KEY, ROBOT_SECRET, Takes};
use serde_json::json;

use crate::simulate::koogallery;

const VARIABLES: [&str; 4] =
    ["KOOGALLERY_NOTIFY", "KOOGALLERY_NOTIFY_SECRETS", "KOOGALLERY_CONSOLE_URL", "AWS_ENDPOINT_URL_SNS"];

/// Runs it; the exit code, and what it printed.
async fn run(environment: &Environment, arguments: &[&str]) -> (i32, String) {
    let variables = VARIABLES.into_iter().filter_map(|name| Some((name, environment.get(name)?)));
    let variables: Vec<(&str, &str)> = variables.collect();
    let mut command = koogallery(&variables);
    command.arg("notify").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Output { status, stdout, stderr } = command.spawn().unwrap().wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let all = text(stdout) + &text(stderr);
    for secret in [ROBOT_KEY, ROBOT_SECRET, MAIL_PASSWORD] {
        assert!(!all.contains(secret), "{all}");
    }
    (status.code().unwrap(), all)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lists_the_destinations_and_shows_whether_messages_arrive() {
    let people = People::start(TestClock::default()).await;
    let more = json!({ "quiet": "22:00-08:00", "without": ["job-rests"] });
    let environment = people.told(Environment::default(), &more);
    let (code, told) = run(&environment, &["list"]).await;
    assert_eq!((code, told.lines().count()), (0, 5), "{told}");
    let feishu = "robot of Feishu, Chinese, at most every 10 minutes, quiet 22:00-08:00 (+08:00), without job-rests";
    assert!(told.contains(feishu) && told.contains("mail by 127.0.0.1 to 1 addresses, English"), "{told}");

    let (code, told) = run(&environment, &["test"]).await;
    assert_eq!((code, told.matches("took the message").count()), (0, 5), "{told}");
    assert!(people.taken("wecom")[0].contains("测试消息") && people.taken("topic")[0].contains("a test message"));
    people.take("wecom", Takes::Not(93000));
    let (code, told) = run(&environment, &["test", "wecom"]).await;
    assert_eq!(code, 1);
    assert!(told.contains("wecom") && told.contains("code 93000: there is no robot at this url"), "{told}");
    assert_eq!(people.arrived("mail").len(), 1);

    let (code, told) = run(&environment, &["test", "nobody"]).await;
    assert!(code == 2 && told.contains("there are: feishu, dingtalk, wecom, mail, topic"), "{told}");
    let (code, told) = run(&Environment::default(), &["list"]).await;
    assert!(code == 2 && told.contains("set KOOGALLERY_NOTIFY to JSON like"), "{told}");
    let unopened = Environment::default().with("KOOGALLERY_NOTIFY", r#"[{"name":"a","to":"wecom"}]"#);
    let (code, told) = run(&unopened, &["test"]).await;
    assert!(code == 1 && told.contains("put it into the secret as notify.a.url"), "{told}");
}
