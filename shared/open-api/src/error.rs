//! What may go wrong with a call: about what, what KooGallery said of it, and whether it is worth another try.

use std::fmt;

use koogallery::{EventId, LicenseCode, OrderId};

/// What a call was about, as its error tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The query of an order.
    Order(OrderId),
    /// A license, by its code's end.
    License(LicenseCode),
    /// The use of so many licenses.
    SoftwareUsage(usize),
    /// The license made for an event.
    LicenseFile(EventId),
    /// So many usage records.
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

/// KooGallery's own code and message, as far as its answer holds them. Without what the call must keep secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `resultCode` or `error_code`.
    pub code: String,
    /// `resultMsg` or `error_msg`, with `extra_info`; each shortened.
    pub message: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => f.write_str("no code"),
            (code, "") => f.write_str(code),
            ("", message) => f.write_str(message),
            (code, message) => write!(f, "{code} ({message})"),
        }
    }
}

/// Why a call did not succeed. Holds no AK, SK, whole license code or personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// KooGallery could not be reached; nothing was sent.
    #[error("{subject}: KooGallery cannot be reached: {problem}")]
    Unreachable {
        /// About what.
        subject: Subject,
        /// Why.
        problem: String,
    },
    /// The connection broke before the whole answer came: the call may have been carried out.
    #[error("{subject}: the connection to KooGallery broke: {problem}")]
    Broken {
        /// About what.
        subject: Subject,
        /// Why.
        problem: String,
    },
    /// No answer within the time-out or the deadline: the call may have been carried out.
    #[error("{0}: no answer from KooGallery in time")]
    TimedOut(Subject),
    /// An HTTP status other than 200.
    #[error("{subject}: KooGallery answered HTTP {status}, {said}")]
    Status {
        /// About what.
        subject: Subject,
        /// Which.
        status: u16,
        /// What the answer said besides.
        said: Said,
    },
    /// KooGallery refused it; the same call will be refused again.
    #[error("{subject}: KooGallery refused: {said}")]
    Refused {
        /// About what.
        subject: Subject,
        /// Why.
        said: Said,
    },
    /// KooGallery could not do it now.
    #[error("{subject}: KooGallery could not do it now: {said}")]
    TheirSide {
        /// About what.
        subject: Subject,
        /// Why.
        said: Said,
    },
    /// The answer is not of the API's form. The answer itself is left out: it holds personal data.
    #[error("{subject}: KooGallery's answer is not of the expected form: {problem}")]
    Malformed {
        /// About what.
        subject: Subject,
        /// Where.
        problem: String,
    },
    /// The call could not be made from what it was given.
    #[error("{subject}: the request cannot be made: {problem}")]
    Request {
        /// About what.
        subject: Subject,
        /// Why.
        problem: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed later. After [`Error::Broken`] and [`Error::TimedOut`] it may have been carried
    /// out already: usage records can simply be sent again, their `metering_sn` tells them; of a license, ask with a
    /// heartbeat first.
    #[must_use]
    pub const fn try_again(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::TimedOut(_) | Self::TheirSide { .. } => true,
            Self::Status { status, .. } => matches!(status, 429 | 500..),
            Self::Refused { .. } | Self::Malformed { .. } | Self::Request { .. } => false,
        }
    }

    /// Whether KooGallery wants a longer pause.
    pub(crate) fn asked_too_often(&self) -> bool {
        matches!(self, Self::TheirSide { said, .. } if said.code == "MKT.0250")
            || matches!(self, Self::Status { status: 429, .. })
    }

    /// Whether the client itself tries again where that is safe. A time-out has used up what patience there was.
    pub(crate) const fn worth_a_retry(&self) -> bool {
        self.try_again() && !matches!(self, Self::TimedOut(_))
    }
}
