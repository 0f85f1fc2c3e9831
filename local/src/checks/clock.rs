//! The clock of this machine against another's, as that tells it in each HTTP answer. KooGallery's calls say when they were
//! signed: a host whose clock is off by more than the time window refuses them all.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::DATE;
use koogallery::DEFAULT_TIME_WINDOW;

/// Nobody waits longer for another machine's time.
const PATIENCE: Duration = Duration::from_secs(3);
/// HTTP tells whole seconds, and an answer is on its way for some time.
const EXACT: Duration = Duration::from_secs(5);

/// How far this machine's clock is from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// How far.
    pub by: Duration,
    /// Whether this one is ahead.
    pub ahead: bool,
}

/// Why there is nothing to compare with.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// No answer.
    #[error("no answer")]
    NoAnswer(#[from] reqwest::Error),
    /// An answer without the time.
    #[error("the answer does not tell the time")]
    NoDate,
}

impl Difference {
    /// Whether calls that come now could be refused for it: half of the time window is left for their way.
    #[must_use]
    pub fn is_far(&self) -> bool {
        self.by > DEFAULT_TIME_WINDOW / 2
    }

    fn between(here: SystemTime, there: SystemTime) -> Self {
        match here.duration_since(there) {
            Ok(by) => Self { by, ahead: true },
            Err(behind) => Self { by: behind.duration(), ahead: false },
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.by.as_secs(), self.ahead) {
            _ if self.by <= EXACT => f.write_str("right"),
            (seconds, true) => write!(f, "{seconds} s ahead"),
            (seconds, false) => write!(f, "{seconds} s behind"),
        }
    }
}

/// Compares this machine's clock with that of whoever answers at an address, whatever is answered.
pub async fn clock_of(address: &str) -> Result<Difference, ClockError> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
    let answer = http.head(address).send().await.map_err(reqwest::Error::without_url)?;
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| httpdate::parse_http_date(date).ok()).ok_or(ClockError::NoDate)?;
    Ok(Difference::between(SystemTime::now(), there))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_calls_is_far() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        for (here, there, told, far) in [
            (100, 98, "right", false),
            (100, 130, "30 s behind", false),
            (140, 100, "40 s ahead", true),
            (0, 31, "31 s behind", true),
        ] {
            let difference = Difference::between(at(here), at(there));
            assert_eq!((difference.to_string().as_str(), difference.is_far()), (told, far));
        }
    }
}
