//! SNS: what else people use there, such as SMS or a pager, gets the message as text.

use aws_sdk_sns::Client;
use koogallery_aws_error::AwsError;
use koogallery_runtime::{ConfigError, Environment, sdk_config};

use super::SendError;
use crate::message::Message;

/// SNS takes 256 KB, and what subscribes often less.
const LIMIT: usize = 20_000;

/// The client; none where no destination is a topic.
#[derive(Debug)]
pub(crate) struct Topics(Option<Client>);

impl Topics {
    /// A client, if it is needed.
    pub(crate) fn of(environment: &Environment, needed: bool) -> Result<Self, ConfigError> {
        let client = || Ok(Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_SNS")?));
        needed.then(client).transpose().map(Self)
    }

    /// Publishes a message.
    pub(crate) async fn publish(&self, topic: &str, message: &Message) -> Result<(), SendError> {
        let Some(client) = &self.0 else { return Err(SendError::NotReached) };
        // Subjects are ASCII, so the title goes into the text.
        let text = format!("{}\n\n{}", message.title, message.text(LIMIT));
        let published = client.publish().topic_arn(topic).subject("KooGallery").message(text).send().await;
        published.map(drop).map_err(|error| AwsError::from(error).into())
    }
}
