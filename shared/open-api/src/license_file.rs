//! Online License: uploads the license that was made for a getLicenseAsync event.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use koogallery::EventId;

use crate::ak_sk::encode;
use crate::client::{Call, Client};
use crate::error::{Error, RequestError, Subject};

/// The public guide names only `market-event/{event_id}/file`. We assume that it follows the same prefix as the other
/// version 1 APIs.
const MARKET_EVENT: &str = "/v1/market-event";

/// A license: a text, or a file's bytes. Its `Debug` output does not contain it.
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
    /// Uploads a license. The guide does not say in which form, so the license is the body, and `Content-Type` says whether
    /// it is a text or a file.
    pub async fn upload_license(&self, event: &EventId, license: &LicenseFile, deadline: Instant) -> Result<(), Error> {
        let (content_type, body, secrets) = match license {
            LicenseFile::Text(text) => ("text/plain;charset=utf-8", Bytes::from(text.clone()), vec![text.as_str()]),
            LicenseFile::File(bytes) => ("application/octet-stream", bytes.clone(), Vec::new()),
        };
        let path = format!("{MARKET_EVENT}/{}/file", encode(event.as_str()));
        let subject = Subject::LicenseFile(event.clone());
        if body.is_empty() {
            return Err(Error::Request { subject, source: RequestError::EmptyLicense });
        }
        let call = Call { content_type, secrets, ..Call::post(subject, &path, body) };
        self.send(&call, deadline).await.map(drop)
    }
}
