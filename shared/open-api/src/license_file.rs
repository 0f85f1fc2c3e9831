//! Online License: hands over the license that was made for a getLicenseAsync event.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use koogallery::EventId;

use crate::ak_sk::encode;
use crate::client::{Call, Client};
use crate::error::{Error, Subject};

/// The public guide names only `market-event/{event_id}/file`; that it stands where the other version 1 APIs do is
/// assumed.
const MARKET_EVENT: &str = "/v1/market-event";

/// A license: a text, or a file's bytes. Its `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum LicenseFile {
    /// A text.
    Text(String),
    /// A file.
    File(Bytes),
}

impl fmt::Debug for LicenseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "LicenseFile::Text(…)",
            Self::File(_) => "LicenseFile::File(…)",
        })
    }
}

impl Client {
    /// Hands a license over. The guide does not say how it is wrapped: it is the body as it is, and `Content-Type` tells
    /// a text from a file.
    pub async fn upload_license(&self, event: &EventId, license: &LicenseFile, deadline: Instant) -> Result<(), Error> {
        let (content_type, body, secrets) = match license {
            LicenseFile::Text(text) => ("text/plain;charset=utf-8", Bytes::from(text.clone()), vec![text.as_str()]),
            LicenseFile::File(bytes) => ("application/octet-stream", bytes.clone(), Vec::new()),
        };
        let path = format!("{MARKET_EVENT}/{}/file", encode(event.as_str()));
        let subject = Subject::LicenseFile(event.clone());
        if body.is_empty() {
            return Err(Error::Request { subject, problem: "the license is empty" });
        }
        let call = Call { content_type, secrets, ..Call::post(subject, &path, body) };
        self.send(&call, deadline).await.map(drop)
    }
}
