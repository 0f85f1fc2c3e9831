//! Slows down whoever guesses tokens. A wrong token costs its source a part of its patience, which comes back with time. A source
//! without patience is refused before its token is compared, so it learns nothing.
//!
//! Several callers may share a source, and one of them may still have an old token. So a token that was right before from that
//! source is always compared.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use subtle::{Choice, ConstantTimeEq};

use crate::secret_text::SecretText;

/// So many wrong tokens a source may send at once.
const PATIENCE: u32 = 20;
/// In this time a source may send one more.
const PAUSE: Duration = Duration::from_secs(3);
/// The most sources that are remembered.
const MOST_SOURCES: usize = 4096;
/// The most right tokens that are remembered of a source.
const MOST_TOKENS: usize = 8;

/// What is known of a source.
#[derive(Default)]
struct Known {
    /// When its patience is whole again; none if it is.
    whole_at: Option<Instant>,
    /// Tokens that were right.
    right: Vec<SecretText>,
}

/// The sources of requests: what `S` says that a source is.
pub struct Guesses<S>(Mutex<HashMap<S, Known>>);

impl<S> Default for Guesses<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S> fmt::Debug for Guesses<S> {
    /// Shows nothing: it knows right tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guesses(…)")
    }
}

impl<S: Eq + Hash + Clone> Guesses<S> {
    /// Whether a token of this source is compared; if not, after which time one will be.
    pub fn may_try(&self, from: &S, token: &[u8], now: Instant) -> Result<(), Duration> {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = sources.get(from) else { return Ok(()) };
        let used = known.whole_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let Some(wait) = used.checked_sub(PAUSE * (PATIENCE - 1)).filter(|wait| !wait.is_zero()) else { return Ok(()) };
        let was_right =
            known.right.iter().fold(Choice::from(0), |any, right| any | right.reveal().as_bytes().ct_eq(token));
        if was_right.into() { Ok(()) } else { Err(wait) }
    }

    /// A token of this source was wrong.
    pub fn was_wrong(&self, from: S, now: Instant) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut sources, &from, now);
        let known = sources.entry(from).or_default();
        known.whole_at = Some(known.whole_at.map_or(now, |at| at.max(now)) + PAUSE);
    }

    /// A token of this source was right.
    pub fn was_right(&self, from: S, token: &SecretText, now: Instant) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut sources, &from, now);
        let right = &mut sources.entry(from).or_default().right;
        if !right.contains(token) {
            right.truncate(MOST_TOKENS - 1);
            right.insert(0, token.clone());
        }
    }
}

/// Forgets a source if there are too many: one whose patience is whole, or comes back first.
fn make_room<S: Eq + Hash + Clone>(sources: &mut HashMap<S, Known>, from: &S, now: Instant) {
    if sources.len() < MOST_SOURCES || sources.contains_key(from) {
        return;
    }
    let oldest =
        sources.iter().min_by_key(|(_, known)| known.whole_at.filter(|at| *at > now)).map(|(from, _)| from.clone());
    if let Some(oldest) = oldest {
        sources.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use koogallery_http_event::SourceAddress;

    use super::*;

    fn source(last: u8) -> Option<SourceAddress> {
        SourceAddress::read(&format!("192.0.2.{last}"))
    }

    #[test]
    fn patience_ends_and_comes_back_for_each_source() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        for _ in 0..PATIENCE {
            assert_eq!(guesses.may_try(&source(1), b"guess", start), Ok(()));
            guesses.was_wrong(source(1), start);
        }
        assert_eq!(guesses.may_try(&source(1), b"guess", start), Err(PAUSE));
        assert_eq!(guesses.may_try(&source(2), b"guess", start), Ok(()), "another source");
        assert_eq!(guesses.may_try(&None, b"guess", start), Ok(()));
        assert_eq!(guesses.may_try(&source(1), b"guess", start + PAUSE), Ok(()), "one more, after a pause");
        guesses.was_wrong(source(1), start + PAUSE);
        assert_eq!(guesses.may_try(&source(1), b"guess", start + PAUSE), Err(PAUSE));
        let later = start + PAUSE * (PATIENCE + 2);
        for _ in 0..PATIENCE {
            assert_eq!(guesses.may_try(&source(1), b"guess", later), Ok(()), "all of it has come back");
            guesses.was_wrong(source(1), later);
        }
        assert!(guesses.may_try(&source(1), b"guess", later).is_err());
    }

    #[test]
    fn a_token_that_was_right_is_compared_also_beside_one_who_guesses() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        guesses.was_right(source(1), &"the-token".into(), now);
        for _ in 0..=PATIENCE {
            guesses.was_wrong(source(1), now);
        }
        assert_eq!(guesses.may_try(&source(1), b"the-token", now), Ok(()));
        assert!(guesses.may_try(&source(1), b"the-tokens", now).is_err());
        for number in 0..MOST_TOKENS {
            guesses.was_right(source(1), &format!("another-{number}").as_str().into(), now);
        }
        assert!(guesses.may_try(&source(1), b"the-token", now).is_err(), "not more are remembered");
    }

    #[test]
    fn many_sources_do_not_fill_the_memory_and_the_one_who_guesses_stays_known() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..PATIENCE {
            guesses.was_wrong(source(1), now);
        }
        for number in 0..2 * MOST_SOURCES {
            let from = SourceAddress::read(&format!("10.0.{}.{}", number / 256, number % 256));
            guesses.was_right(from, &"the-token".into(), now);
        }
        assert_eq!(guesses.0.lock().unwrap().len(), MOST_SOURCES);
        assert!(guesses.may_try(&source(1), b"guess", now).is_err());
    }
}
