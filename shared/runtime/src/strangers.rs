//! Calls that no key signed: anybody can send them, millions if they like. Each would cost a line of the log. So only the
//! first of a minute have a line of their own; after that one line stands for many, and says for how many. The metrics in the
//! lines stay exact.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use koogallery::{ResultCode, Timestamp};

/// How many calls of a minute have a line each.
const LINES_OF_A_MINUTE: usize = 10;
/// How many calls one line stands for beyond that.
const CALLS_OF_A_LINE: usize = 100;
const MINUTE: Duration = Duration::from_mins(1);

/// Decides which of these calls get a line. Each process has its own.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    minute_began: Option<Timestamp>,
    lines: usize,
    /// Calls without a line so far, by their answers.
    unwritten: HashMap<ResultCode, usize>,
}

impl Strangers {
    /// For how many calls the line of this call stands; none if it gets no line.
    pub(crate) fn call(&self, code: ResultCode, at: Timestamp) -> Option<usize> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.minute_began.is_none_or(|began| at.since(began) >= MINUTE) {
            (seen.minute_began, seen.lines) = (Some(at), 0);
        }
        let calls = seen.unwritten.remove(&code).unwrap_or_default() + 1;
        if seen.lines < LINES_OF_A_MINUTE || calls >= CALLS_OF_A_LINE {
            seen.lines += 1;
            return Some(calls);
        }
        seen.unwritten.insert(code, calls);
        None
    }

    /// What has no line so far, to be written now.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = (ResultCode, usize)> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen.unwritten).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: ResultCode = ResultCode::AuthenticationFailed;

    #[test]
    fn few_calls_have_a_line_each_and_many_share_one_and_none_is_lost() {
        let strangers = Strangers::default();
        let at = |millis: i64| Timestamp::from_millis(1_764_000_000_000 + millis);
        let lines: Vec<usize> = (0..1000).filter_map(|call| strangers.call(REFUSED, at(call))).collect();
        assert_eq!(lines[..LINES_OF_A_MINUTE], [1; LINES_OF_A_MINUTE]);
        assert_eq!(lines[LINES_OF_A_MINUTE..], [CALLS_OF_A_LINE; 9]);
        // Another code has its own count, and the next minute its own lines.
        assert_eq!(strangers.call(ResultCode::InvalidParameter, at(2000)), None);
        assert_eq!(strangers.call(REFUSED, at(60_000)), Some(1000 - 910 + 1));
        assert_eq!(strangers.call(REFUSED, at(60_001)), Some(1));
        assert_eq!(strangers.unwritten().collect::<Vec<_>>(), [(ResultCode::InvalidParameter, 1)]);
        assert_eq!(strangers.unwritten().count(), 0);
    }
}
