//! Counts what is done, beside the records of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deliver_events::{Swept, Tried};
use erase_personal_data::Run;
use koogallery_oidc::{Rotated, SigningKeyError};
use koogallery_store::{Ended, Gone, Open, StoreError, Subject, UsageHour, Warning};
use learn_order::Asked;
use report_usage::Pushed;

use crate::log::EventJournal;

/// How much was done since the host started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkDone {
    /// Events that a destination took, or does not want.
    pub delivered: usize,
    /// Tries after which an event has to be tried again, or is parked.
    pub failed: usize,
    /// Events whose order was asked about, and that need no further question.
    pub learnt: usize,
    /// Subjects whose personal data was erased.
    pub erased: usize,
    /// Hours of use that KooGallery took.
    pub reported: usize,
}

impl WorkDone {
    /// What was done since an earlier count.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            delivered: self.delivered.saturating_sub(before.delivered),
            failed: self.failed.saturating_sub(before.failed),
            learnt: self.learnt.saturating_sub(before.learnt),
            erased: self.erased.saturating_sub(before.erased),
            reported: self.reported.saturating_sub(before.reported),
        }
    }
}

/// A journal that counts.
pub(crate) struct Counted {
    journal: Arc<dyn EventJournal>,
    delivered: AtomicUsize,
    failed: AtomicUsize,
    learnt: AtomicUsize,
    erased: AtomicUsize,
    reported: AtomicUsize,
}

impl Counted {
    pub(crate) fn new(journal: Arc<dyn EventJournal>) -> Self {
        let zero = AtomicUsize::default;
        Self { journal, delivered: zero(), failed: zero(), learnt: zero(), erased: zero(), reported: zero() }
    }

    pub(crate) fn done(&self) -> WorkDone {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        WorkDone {
            delivered: of(&self.delivered),
            failed: of(&self.failed),
            learnt: of(&self.learnt),
            erased: of(&self.erased),
            reported: of(&self.reported),
        }
    }

    /// Passes on what a look at the index found.
    pub(crate) fn measured(&self, swept: &Swept, unlearnt: &[Open]) {
        self.journal.measured(swept, unlearnt);
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Counted").field(&self.done()).finish()
    }
}

impl deliver_events::Journal for Counted {
    fn tried(&self, tried: &Tried<'_>) {
        let count = match tried.ended {
            Some(Ended::Delivered | Ended::Stopped) => &self.delivered,
            Some(Ended::Parked) | None => &self.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        self.journal.tried(tried);
    }
}

impl learn_order::Journal for Counted {
    fn asked(&self, asked: &Asked<'_>) {
        self.learnt.fetch_add(usize::from(asked.next_try_at.is_none()), Ordering::Relaxed);
        self.journal.asked(asked);
    }
}

impl erase_personal_data::Journal for Counted {
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        self.erased.fetch_add(usize::from(gone.is_ok()), Ordering::Relaxed);
        self.journal.erased(of, gone);
    }

    fn ran(&self, run: &Run) {
        erase_personal_data::Journal::ran(&*self.journal, run);
    }
}

impl report_usage::Journal for Counted {
    fn pushed(&self, pushed: &Pushed<'_>) {
        self.journal.pushed(pushed);
    }

    fn parked(&self, hour: &UsageHour, answer: &str) {
        self.journal.parked(hour, answer);
    }

    fn ran(&self, run: &report_usage::Run) {
        self.reported.fetch_add(run.pushed, Ordering::Relaxed);
        report_usage::Journal::ran(&*self.journal, run);
    }
}

impl watch::Journal for Counted {
    fn raised(&self, warning: &Warning) {
        self.journal.raised(warning);
    }

    fn ran(&self, run: &watch::Run) {
        watch::Journal::ran(&*self.journal, run);
    }
}

impl notify::Journal for Counted {
    fn told(&self, told: &notify::Told<'_>) {
        self.journal.told(told);
    }

    fn ran(&self, run: &notify::Run) {
        notify::Journal::ran(&*self.journal, run);
    }
}

impl rotate_signing_keys::Journal for Counted {
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>) {
        self.journal.rotated(rotated);
    }
}
