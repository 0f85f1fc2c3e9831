//! What `KOOGALLERY_NOTIFY` says: who is told, where, in which language, when, and of what. Nothing of it is secret.

use std::collections::BTreeSet;
use std::time::Duration;

use koogallery::Text;
use koogallery_runtime::{ConfigError, Environment, Language, is_this_machine};
use koogallery_waiting::{Kind, KindError, Zone};
use lettre::message::Mailbox;
use serde::Deserialize;

use crate::quiet::{QuietError, QuietHours};

/// The variable.
pub const VARIABLE: &str = "KOOGALLERY_NOTIFY";

/// Messages that can wait come at most so often, if nothing else is said.
const DIGEST: u64 = 10;
/// How long they may wait at most.
const LONGEST_DIGEST: u64 = 24 * 60;
/// More destinations than anybody needs: a run sends to all of them.
const MOST: usize = 20;

/// A destination as it is configured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) name: Text<64>,
    pub(crate) to: To,
    pub(crate) language: Language,
    pub(crate) zone: Zone,
    pub(crate) quiet: Option<QuietHours>,
    pub(crate) digest: Duration,
    /// The kinds that it is not told.
    pub(crate) without: BTreeSet<Kind>,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum To {
    Robot(Robot),
    Mail(Mail),
    Topic(String),
}

/// Whose robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Robot {
    Feishu,
    DingTalk,
    WeCom,
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mail {
    pub(crate) server: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) from: Mailbox,
    pub(crate) recipients: Vec<Mailbox>,
}

/// What protects the way to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    Tls,
    StartTls,
    None,
}

/// Why the settings cannot be used. They hold no secret, so what is wrong is shown.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It has another form.
    #[error("it is not JSON like [{{\"name\":\"on-call\",\"to\":\"feishu\"}}]: {0}")]
    Form(#[from] serde_json::Error),
    /// There are too many.
    #[error("it has {0} destinations: give at most {MOST}")]
    TooMany(usize),
    /// A name cannot be used.
    #[error("`{0}` cannot name a destination: use 1 to 40 small letters, digits and hyphens, each name once")]
    Name(String),
    /// A destination lacks something.
    #[error("{name}: {member} is missing: {meaning}")]
    Missing {
        /// The destination.
        name: String,
        /// What it lacks.
        member: &'static str,
        /// What to give.
        meaning: &'static str,
    },
    /// A destination has what its kind has not.
    #[error("{name}: {member} is not for this kind of destination: remove it")]
    Idle {
        /// The destination.
        name: String,
        /// What it has.
        member: &'static str,
    },
    /// A member's value is none.
    #[error("{name}: {member} cannot be used: give {expected}")]
    Value {
        /// The destination.
        name: String,
        /// What it has.
        member: &'static str,
        /// What to give.
        expected: &'static str,
    },
    /// A kind of message is none.
    #[error("{name}: without: {source}")]
    Kind {
        /// The destination.
        name: String,
        /// Why.
        source: KindError,
    },
    /// Quiet hours are none.
    #[error("{name}: quiet: {source}")]
    Quiet {
        /// The destination.
        name: String,
        /// Why.
        source: QuietError,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    name: String,
    to: Way,
    language: Option<String>,
    zone: Option<String>,
    quiet: Option<String>,
    digest_minutes: Option<u64>,
    #[serde(default)]
    without: Vec<String>,
    server: Option<String>,
    port: Option<u16>,
    security: Option<Security>,
    from: Option<String>,
    recipients: Option<Vec<String>>,
    topic: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Way {
    Feishu,
    DingTalk,
    WeCom,
    Mail,
    Sns,
}

/// Reads the variable. Nobody is told anything where it is not set.
pub(crate) fn of(environment: &Environment) -> Result<Vec<Settings>, ConfigError> {
    let Some(json) = environment.get(VARIABLE) else { return Ok(Vec::new()) };
    parse(json).map_err(|error| ConfigError::refused(VARIABLE, error))
}

fn parse(json: &str) -> Result<Vec<Settings>, SettingsError> {
    let wires: Vec<Wire> = serde_json::from_str(json)?;
    if wires.len() > MOST {
        return Err(SettingsError::TooMany(wires.len()));
    }
    let mut all: Vec<Settings> = Vec::new();
    for wire in wires {
        let settings = wire.read()?;
        if all.iter().any(|known| known.name == settings.name) {
            return Err(SettingsError::Name(settings.name.as_str().to_owned()));
        }
        all.push(settings);
    }
    Ok(all)
}

impl Wire {
    fn read(self) -> Result<Settings, SettingsError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let named = (1..=40).contains(&self.name.len()) && self.name.chars().all(fits);
        let name = named.then(|| Text::try_from(self.name.clone()).ok()).flatten();
        let name = name.ok_or_else(|| SettingsError::Name(self.name.clone()))?;
        let value = |member, expected| SettingsError::Value { name: self.name.clone(), member, expected };
        let language = match self.language.as_deref() {
            None | Some("zh") => Language::Chinese,
            Some("en") => Language::English,
            Some(_) => return Err(value("language", "`zh` or `en`")),
        };
        let zone = self.zone.as_deref().map_or_else(|| Some(Zone::default()), Zone::parse);
        let zone = zone.ok_or_else(|| value("zone", "a distance from UTC, such as +08:00"))?;
        let quiet = self.quiet.as_deref().map(str::parse).transpose();
        let quiet = quiet.map_err(|source| SettingsError::Quiet { name: self.name.clone(), source })?;
        let without = self.without.iter().map(|word| word.parse()).collect::<Result<_, _>>();
        let without = without.map_err(|source| SettingsError::Kind { name: self.name.clone(), source })?;
        let digest = match self.digest_minutes.unwrap_or(DIGEST) {
            minutes @ 0..=LONGEST_DIGEST => Duration::from_secs(minutes * 60),
            _ => return Err(value("digestMinutes", "whole minutes from 0 to 1440")),
        };
        Ok(Settings { name, to: self.to()?, language, zone, quiet, digest, without })
    }

    fn to(&self) -> Result<To, SettingsError> {
        let mail = [
            ("server", self.server.is_some()),
            ("port", self.port.is_some()),
            ("security", self.security.is_some()),
            ("from", self.from.is_some()),
            ("recipients", self.recipients.is_some()),
        ];
        let idle = mail.into_iter().map(|(member, set)| (member, set && self.to != Way::Mail));
        let idle = idle.chain([("topic", self.topic.is_some() && self.to != Way::Sns)]);
        if let Some((member, _)) = idle.into_iter().find(|(_, is_idle)| *is_idle) {
            return Err(SettingsError::Idle { name: self.name.clone(), member });
        }
        Ok(match self.to {
            Way::Feishu => To::Robot(Robot::Feishu),
            Way::DingTalk => To::Robot(Robot::DingTalk),
            Way::WeCom => To::Robot(Robot::WeCom),
            Way::Mail => To::Mail(self.mail()?),
            Way::Sns => {
                let topic = self.needed("topic", self.topic.as_ref(), "the ARN of the SNS topic")?;
                // FIFO topics want a group, and no mail goes out from one.
                if topic.split(':').nth(2) != Some("sns") || topic.rsplit('.').next() == Some("fifo") {
                    let expected = "the ARN of a standard SNS topic, such as arn:aws:sns:eu-west-1:123456789012:people";
                    return Err(SettingsError::Value { name: self.name.clone(), member: "topic", expected });
                }
                To::Topic(topic.clone())
            }
        })
    }

    fn mail(&self) -> Result<Mail, SettingsError> {
        let value = |member, expected| SettingsError::Value { name: self.name.clone(), member, expected };
        let server = self.needed("server", self.server.as_ref(), "the name of the mail server")?;
        let is_name = |name: &str| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "/@".contains(c));
        if !is_name(server) {
            return Err(value("server", "the name of the mail server, such as smtp.example.com"));
        }
        let security = self.security.unwrap_or(Security::Tls);
        if security == Security::None && !is_this_machine(server) {
            return Err(value("security", "`tls` or `starttls`; `none` is for a server on this machine"));
        }
        let usual = match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        };
        let mailbox = |member, text: &String| {
            text.parse::<Mailbox>().map_err(|_| value(member, "mail addresses, such as Ops <ops@example.com>"))
        };
        let from = self.needed("from", self.from.as_ref(), "the address that sends")?;
        let recipients = self.needed("recipients", self.recipients.as_ref(), "the addresses that are told")?;
        let recipients: Vec<Mailbox> =
            recipients.iter().map(|text| mailbox("recipients", text)).collect::<Result<_, _>>()?;
        if recipients.is_empty() || recipients.len() > 50 {
            return Err(value("recipients", "1 to 50 addresses"));
        }
        let from = mailbox("from", from)?;
        Ok(Mail { server: server.clone(), port: self.port.unwrap_or(usual), security, from, recipients })
    }

    fn needed<'t, T>(
        &self,
        member: &'static str,
        value: Option<&'t T>,
        meaning: &'static str,
    ) -> Result<&'t T, SettingsError> {
        value.ok_or_else(|| SettingsError::Missing { name: self.name.clone(), member, meaning })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default() {
        let all = parse(
            r#"[{"name":"on-call","to":"feishu"},
                {"name":"mail","to":"mail","server":"smtp.example.com","from":"Shop <shop@example.com>","recipients":["ops@example.com"],
                 "language":"en","zone":"+01:00","quiet":"22:00-07:00","digestMinutes":60,"without":["renewal-due","job-rests"]},
                {"name":"pager","to":"sns","topic":"arn:aws-cn:sns:cn-north-1:123456789012:people"}]"#,
        )
        .unwrap();
        assert_eq!((all[0].language, all[0].digest.as_secs(), all[0].quiet), (Language::Chinese, 600, None));
        assert!(matches!(&all[1].to, To::Mail(Mail { port: 465, security: Security::Tls, .. })));
        assert_eq!(all[1].without.len(), 2);
        assert!(matches!(&all[2].to, To::Topic(_)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_destination() {
        let mail = r#""name":"m","to":"mail","server":"smtp.example.com","from":"a@example.com","recipients":["b@example.com"]"#;
        for (json, told) in [
            ("{}", "not JSON like"),
            (r#"[{"name":"a","to":"fax"}]"#, "unknown variant"),
            (r#"[{"name":"a","to":"feishu","url":"https://x"}]"#, "unknown field `url`"),
            (r#"[{"name":"A b","to":"feishu"}]"#, "`A b` cannot name"),
            (r#"[{"name":"a","to":"feishu"},{"name":"a","to":"wecom"}]"#, "each name once"),
            (r#"[{"name":"a","to":"wecom","topic":"arn"}]"#, "a: topic is not for this kind"),
            (r#"[{"name":"a","to":"sns"}]"#, "a: topic is missing"),
            (r#"[{"name":"a","to":"sns","topic":"people"}]"#, "a: topic cannot be used"),
            (r#"[{"name":"a","to":"dingtalk","without":["refunds"]}]"#, "`refunds` is no kind of message"),
            (r#"[{"name":"a","to":"dingtalk","quiet":"at night"}]"#, "a: quiet: `at night`"),
            (r#"[{"name":"a","to":"dingtalk","zone":"Asia/Shanghai"}]"#, "a: zone cannot be used"),
            (r#"[{"name":"a","to":"dingtalk","digestMinutes":1441}]"#, "a: digestMinutes"),
            (&format!("[{{{mail},\"security\":\"none\"}}]"), "m: security cannot be used"),
            (&format!("[{{{mail},\"language\":\"de\"}}]"), "m: language cannot be used"),
            (r#"[{"name":"m","to":"mail","server":"s","from":"x","recipients":[]}]"#, "m: recipients cannot be used"),
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(error.contains(told), "{json}: {error}");
        }
    }
}
