//! Mail, by a server that speaks SMTP.

use std::time::Duration;

use koogallery_runtime::NotifySecret;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{SmtpTransport, Transport};

use super::SendError;
use crate::message::Message;
use crate::settings::{Mail, Security};

/// How long one step of the conversation may take, and the whole of it. A server that is slower is given up.
const STEP: Duration = Duration::from_secs(8);
const WHOLE: Duration = Duration::from_secs(20);
/// A mail is no longer than this.
const LIMIT: usize = 100_000;

impl Mail {
    /// Sends a message to all recipients, as one mail.
    pub(crate) async fn send(&self, name: &str, secret: &NotifySecret, message: &Message) -> Result<(), SendError> {
        let mut mail = lettre::Message::builder().from(self.from.clone()).subject(&message.title);
        for recipient in &self.recipients {
            mail = mail.to(recipient.clone());
        }
        let mail = mail.header(ContentType::TEXT_PLAIN).body(message.text(LIMIT))?;
        let mut server = match self.security {
            Security::Tls => SmtpTransport::relay(&self.server),
            Security::StartTls => SmtpTransport::starttls_relay(&self.server),
            Security::None => Ok(SmtpTransport::builder_dangerous(&self.server)),
        }
        .map_err(of_smtp)?
        .port(self.port)
        .timeout(Some(STEP));
        let missing = |member| SendError::NoSecret { name: name.to_owned(), member };
        match (&secret.user, &secret.password) {
            (Some(user), Some(password)) => {
                server = server.credentials(Credentials::new(user.reveal().to_owned(), password.reveal().to_owned()));
            }
            (Some(_), None) => return Err(missing("password")),
            (None, Some(_)) => return Err(missing("user")),
            // A server on the way may know its senders by their addresses.
            (None, None) => {}
        }
        // A thread of its own speaks with the server: what speaks asynchronously would bring more code than all the rest.
        let server = server.build();
        let sent = tokio::time::timeout(WHOLE, tokio::task::spawn_blocking(move || server.send(&mail))).await;
        match sent {
            Err(_) => Err(SendError::TimedOut),
            Ok(Err(_)) => Err(SendError::Broken),
            Ok(Ok(sent)) => sent.map_err(of_smtp).map(drop),
        }
    }
}

/// The error without what the server says, which may name people.
fn of_smtp(error: lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        SendError::MailRefused(code.to_string())
    } else if error.is_timeout() {
        SendError::TimedOut
    } else if error.is_tls() {
        SendError::Tls
    } else if error.is_response() || error.is_client() {
        SendError::NotAMailServer
    } else {
        SendError::NotReached
    }
}
