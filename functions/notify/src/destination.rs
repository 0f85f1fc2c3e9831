//! The destinations, with what opens them.

use std::fmt;

use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, Language, NotifySecret, SecretSource};
use koogallery_waiting::Kind;
use url::Url;

use crate::message::Message;
use crate::plan::Entry;
use crate::send::{SendError, Topics, send};
use crate::settings::{self, Robot, Settings, To};

const CONSOLE: &str = "KOOGALLERY_CONSOLE_URL";

/// All destinations.
#[derive(Debug)]
pub struct Destinations {
    all: Vec<Destination>,
    secrets: SecretSource,
    topics: Topics,
    /// The address of the console, for links.
    console: Option<String>,
}

/// One of them, as it is configured.
#[derive(Debug)]
pub struct Destination {
    pub(crate) settings: Settings,
}

impl Destinations {
    /// Reads `KOOGALLERY_NOTIFY`, `KOOGALLERY_CONSOLE_URL` and where the secrets are. Returns none if nobody is to be told. It
    /// sends nothing yet.
    pub fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let all: Vec<Destination> =
            settings::of(environment)?.into_iter().map(|settings| Destination { settings }).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let is_topic = |destination: &Destination| matches!(destination.settings.to, To::Topic(_));
        let topics = Topics::of(environment, all.iter().any(is_topic))?;
        let console = environment.get(CONSOLE).map(str::trim).filter(|text| Url::parse(text).is_ok());
        let console = console.map(str::to_owned);
        Ok(Some(Self { secrets: SecretSource::of(environment)?, all, topics, console }))
    }

    /// Each of them.
    #[must_use]
    pub fn all(&self) -> &[Destination] {
        &self.all
    }

    /// Sends a message that only shows that messages arrive.
    pub async fn test(&self, destination: &Destination, now: Timestamp) -> Result<(), SendError> {
        let message = Message::test(&destination.settings, self.console.as_deref(), now);
        self.send(destination, &message, now).await
    }

    pub(crate) async fn tell(
        &self,
        destination: &Destination,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let message = Message::of(&destination.settings, entries, self.console.as_deref(), now);
        self.send(destination, &message, now).await
    }

    async fn send(&self, destination: &Destination, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let settings = &destination.settings;
        // A topic is opened by the function's role.
        let secret = match settings.to {
            To::Topic(_) => NotifySecret::default(),
            _ => self.secrets.fresh().await?.notify.get(settings.name.as_str()).cloned().unwrap_or_default(),
        };
        send(settings, &secret, &self.topics, message, now).await
    }
}

impl Destination {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings.name.as_str()
    }

    /// The kinds that it is not told.
    pub fn without(&self) -> impl Iterator<Item = Kind> {
        self.settings.without.iter().copied()
    }
}

impl fmt::Display for Destination {
    /// What is configured of it, for people. Nothing of it is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { to, language, zone, quiet, digest, .. } = &self.settings;
        match to {
            To::Robot(Robot::Feishu) => f.write_str("robot of Feishu")?,
            To::Robot(Robot::DingTalk) => f.write_str("robot of DingTalk")?,
            To::Robot(Robot::WeCom) => f.write_str("robot of WeCom")?,
            To::Mail(mail) => write!(f, "mail by {} to {} addresses", mail.server, mail.recipients.len())?,
            To::Topic(topic) => write!(f, "SNS topic {topic}")?,
        }
        let language = if *language == Language::Chinese { "Chinese" } else { "English" };
        write!(f, ", {language}, at most every {} minutes", digest.as_secs() / 60)?;
        match quiet {
            Some(quiet) => write!(f, ", quiet {quiet} ({})", zone.name()),
            None => Ok(()),
        }
    }
}
