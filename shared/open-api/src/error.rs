//! What can go wrong with a call: what the call was about, what KooGallery answered, and whether another try can help.

use std::fmt;

use koogallery::{EventId, LicenseCode, OrderId};

use crate::ak_sk::Unsignable;
use crate::refused_record::RefusedRecord;
use crate::said::Said;

/// What a call was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The query of an order.
    Order(OrderId),
    /// A license; only the end of its code is shown.
    License(LicenseCode),
    /// The software usage of this many licenses.
    SoftwareUsage(usize),
    /// The license made for an event.
    LicenseFile(EventId),
    /// This many usage records.
    Usage(usize),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order {id}"),
            Self::License(code) => write!(f, "license {code}"),
            Self::SoftwareUsage(count) => write!(f, "software usage of {count} licenses"),
            Self::LicenseFile(id) => write!(f, "license file of event {id}"),
            Self::Usage(count) => write!(f, "{count} usage records"),
        }
    }
}

/// What the HTTP client says of a connection that failed. It does not contain the address.
#[derive(Debug, thiserror::Error)]
#[error("{}", innermost(.0))]
pub struct ConnectionError(#[source] reqwest::Error);

impl From<reqwest::Error> for ConnectionError {
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }
}

/// The cause of all the others: the outer ones only say where it happened.
fn innermost(error: &reqwest::Error) -> &dyn std::error::Error {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

/// Where an answer does not have the form of the API. It contains nothing of the answer, so it has no source: the JSON library's
/// message may quote personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAnswer {
    /// It is longer than any answer of the API.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The longest answer that is read, in bytes.
        limit: usize,
    },
    /// It is not a JSON object.
    #[error("it is not a JSON object (line {line}, column {column})")]
    NotAnObject {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// A member does not have its form.
    #[error("{0} cannot be read")]
    Member(&'static str),
    /// The order query answered about another order.
    #[error("it is about another order")]
    AnotherOrder,
    /// An answer about a license has nothing of a license.
    #[error("it says nothing about the license")]
    NoLicense,
}

/// Why a request cannot be made from the given values.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Its body cannot be written.
    #[error("it cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Its parts are not an HTTP request.
    #[error("its parts are not an HTTP request")]
    Http(#[from] http::Error),
    /// It cannot be signed.
    #[error("it cannot be signed: {0}")]
    Sign(#[from] Unsignable),
    /// There is no license to send.
    #[error("the license is empty")]
    EmptyLicense,
}

/// Why a call did not succeed. The error contains no AK, SK, whole license code or personal data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// KooGallery could not be reached; nothing was sent.
    #[error("{subject}: KooGallery cannot be reached: {source}")]
    Unreachable {
        /// What the call was about.
        subject: Subject,
        /// Why.
        source: ConnectionError,
    },
    /// The connection broke before the whole answer arrived. KooGallery may have carried out the call.
    #[error("{subject}: the connection to KooGallery broke: {source}")]
    Broken {
        /// What the call was about.
        subject: Subject,
        /// Why.
        source: ConnectionError,
    },
    /// No answer arrived in time. KooGallery may have carried out the call.
    #[error("{0}: no answer from KooGallery in time")]
    TimedOut(Subject),
    /// An HTTP status other than 200.
    #[error("{subject}: KooGallery answered HTTP {status}, {said}")]
    Status {
        /// What the call was about.
        subject: Subject,
        /// The status.
        status: u16,
        /// What else the answer said.
        said: Said,
    },
    /// KooGallery refused the call, and will refuse it again.
    #[error("{subject}: KooGallery refused: {said}")]
    Refused {
        /// What the call was about.
        subject: Subject,
        /// Why.
        said: Said,
    },
    /// KooGallery refused these of the usage records. Whether it took the others is not known; they may be sent again.
    #[error("{subject}: KooGallery refused {} of them: {said}", records.len())]
    RecordsRefused {
        /// What the call was about.
        subject: Subject,
        /// Why.
        said: Said,
        /// Which, and why each.
        records: Vec<RefusedRecord>,
    },
    /// KooGallery cannot do it now.
    #[error("{subject}: KooGallery cannot do it now: {said}")]
    TheirSide {
        /// What the call was about.
        subject: Subject,
        /// Why.
        said: Said,
    },
    /// The answer does not have the form of the API. The error does not contain the answer, which has personal data.
    #[error("{subject}: KooGallery's answer does not have the expected form: {source}")]
    Malformed {
        /// What the call was about.
        subject: Subject,
        /// Where.
        source: MalformedAnswer,
    },
    /// The request cannot be made from the given values.
    #[error("{subject}: the request cannot be made: {source}")]
    Request {
        /// What the call was about.
        subject: Subject,
        /// Why.
        source: RequestError,
    },
}

impl Error {
    /// Whether the same call may succeed later. After [`Error::Broken`] and [`Error::TimedOut`], KooGallery may have carried
    /// out the call. Usage records can be sent again, because of their `metering_sn`. For a license, ask with a heartbeat
    /// first.
    #[must_use]
    pub const fn try_again(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::TimedOut(_) | Self::TheirSide { .. } => true,
            Self::Status { status, .. } => matches!(status, 429 | 500..),
            Self::Refused { .. } | Self::RecordsRefused { .. } | Self::Malformed { .. } | Self::Request { .. } => false,
        }
    }

    /// Whether KooGallery wants a longer pause.
    pub(crate) fn asked_too_often(&self) -> bool {
        matches!(self, Self::TheirSide { said, .. } if said.code == "MKT.0250")
            || matches!(self, Self::Status { status: 429, .. })
    }

    /// Whether the client itself tries again if that is safe. After a time-out it has no time left.
    pub(crate) const fn worth_a_retry(&self) -> bool {
        self.try_again() && !matches!(self, Self::TimedOut(_))
    }
}
