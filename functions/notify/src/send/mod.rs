//! Sending: one message to one destination, in its own form. No error holds a secret, an address or what was answered.

mod mail;
mod robot;
mod topic;

use http::StatusCode;
use koogallery::Timestamp;
use koogallery_aws_error::AwsError;
use koogallery_runtime::{NotifySecret, SecretError};

use crate::message::Message;
use crate::settings::{Settings, To};

pub(crate) use topic::Topics;

/// Why a destination did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The secrets cannot be read.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// A secret is missing.
    #[error(
        "there is no {member} of `{name}`: put it into the secret as notify.{name}.{member}, or into KOOGALLERY_NOTIFY_SECRETS"
    )]
    NoSecret {
        /// The destination.
        name: String,
        /// What is missing.
        member: &'static str,
    },
    /// The robot's address cannot be used.
    #[error("the url of `{0}` is no https:// address without user and password: copy the robot's address again")]
    Address(String),
    /// There was no answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// There was no connection.
    #[error("no connection: does the name resolve, and may this machine reach it?")]
    NotReached,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// The TLS connection could not be made.
    #[error("no TLS connection: is the certificate valid, and are port and security right?")]
    Tls,
    /// Messages come too fast.
    #[error("it takes no more messages for some minutes ({0})")]
    TooFast(i64),
    /// The robot refused it.
    #[error("the robot refused the message with code {code}{hint}")]
    Refused {
        /// Its code.
        code: i64,
        /// What to do.
        hint: &'static str,
    },
    /// What answers is not a robot.
    #[error("HTTP {}, without the code of a robot: is the url whole?", .0.as_u16())]
    NotARobot(StatusCode),
    /// The mail cannot be made.
    #[error("the mail cannot be made: {0}")]
    Mail(#[from] lettre::error::Error),
    /// The mail server refused it.
    #[error("the mail server refused the message with code {0}: check user, password, from and recipients")]
    MailRefused(String),
    /// The mail server did not answer as one.
    #[error("what answers is no mail server, or it has no way to sign in that is known here")]
    NotAMailServer,
    /// SNS.
    #[error("SNS did not take the message: {0}")]
    Topic(#[from] AwsError),
}

/// Sends a message.
pub(crate) async fn send(
    settings: &Settings,
    secret: &NotifySecret,
    topics: &Topics,
    message: &Message,
    at: Timestamp,
) -> Result<(), SendError> {
    match &settings.to {
        To::Robot(robot) => robot.send(settings.name.as_str(), secret, message, at).await,
        To::Mail(mail) => mail.send(settings.name.as_str(), secret, message).await,
        To::Topic(topic) => topics.publish(topic, message).await,
    }
}
