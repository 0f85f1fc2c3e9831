//! The kinds of what waits, by the words with which people choose what they are told.

use std::fmt;
use std::str::FromStr;

use koogallery_runtime::Language;
use koogallery_store::Cause;

use crate::words::{cause, either};

/// A kind of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What a warning may be about, whether it is raised yet or not.
    Warning(Cause),
    /// An event is parked.
    EventParked,
    /// An event is not delivered for some time.
    EventLate,
    /// KooGallery refuses an hour of use.
    UsageParked,
    /// Use should have been reported.
    UsageLate,
    /// A license is asked for.
    LicenseRequested,
    /// A statement and the orders differ.
    MoneyDiffers,
    /// A job of the console was left.
    JobRests,
    /// A signing key was not followed by the next one.
    KeyOld,
}

/// There is no such kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no kind of message; there are: {known}", known = Kind::all().map(|kind| kind.to_string()).collect::<Vec<_>>().join(", "))]
pub struct KindError {
    word: String,
}

impl Kind {
    const OTHERS: [(Self, &str); 8] = [
        (Self::EventParked, "event-parked"),
        (Self::EventLate, "event-late"),
        (Self::UsageParked, "usage-parked"),
        (Self::UsageLate, "usage-late"),
        (Self::LicenseRequested, "license-requested"),
        (Self::MoneyDiffers, "money-differs"),
        (Self::JobRests, "job-rests"),
        (Self::KeyOld, "key-old"),
    ];

    /// All of them, the most urgent first.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = Self::OTHERS.iter().map(|(kind, _)| *kind);
        Cause::ALL.iter().map(|cause| Self::Warning(*cause)).chain(others)
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn say(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Warning(known) => return cause(language, known),
            Self::EventParked => ("事件多次投递失败，已停放", "an event is parked: all tries failed"),
            Self::EventLate => ("事件尚未送达", "an event is not delivered yet"),
            Self::UsageParked => ("云商店拒收用量", "KooGallery refuses hours of use"),
            Self::UsageLate => ("用量未按时上报", "use is not reported in time"),
            Self::LicenseRequested => ("License 申请等待上传", "a license is asked for"),
            Self::MoneyDiffers => ("对账有差异", "a statement and the orders differ"),
            Self::JobRests => ("批量任务尚未完成", "a job has not ended"),
            Self::KeyOld => ("签名密钥未按时轮换", "a signing key was not followed by the next one"),
        };
        either(language, zh, en)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warning(cause) => cause.fmt(f),
            other => Self::OTHERS.iter().filter(|(kind, _)| kind == other).try_for_each(|(_, word)| f.write_str(word)),
        }
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(word: &str) -> Result<Self, KindError> {
        let other = || Self::OTHERS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind);
        word.parse().ok().map(Self::Warning).or_else(other).ok_or_else(|| KindError { word: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_word_of_its_own_and_both_languages() {
        let words: std::collections::BTreeSet<String> = Kind::all().map(|kind| kind.to_string()).collect();
        assert_eq!(words.len(), Kind::all().count());
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for kind in Kind::all() {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert!(is_chinese(kind.say(Language::Chinese)), "{kind}");
            // KooGallery's own button has its own name.
            assert!(!is_chinese(kind.say(Language::English)), "{kind}");
        }
        let error = "refund".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("purchase-refused, ") && error.contains("key-old"), "{error}");
    }
}
