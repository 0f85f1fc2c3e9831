//! When an order is due: its month, the day of the bill, the day of the payment.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::matching::finding::Reason;
use crate::matching::known::{KnownOrder, Supervised};
use crate::matching::settings::Settings;
use crate::month::Month;
use crate::words::OrderKind;

/// The days by a calendar.
pub(super) struct Days<'a> {
    pub(super) settings: &'a Settings,
    pub(super) calendar: &'a Calendar,
    pub(super) today: Day,
    /// Years that were needed, and whose holidays the calendar does not know.
    unknown_years: RefCell<BTreeSet<i32>>,
}

/// Since when an order can be billed, or why it cannot yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Billable {
    Since(Day),
    NotYet(Reason, Option<Day>),
    /// Too little is known to say it.
    Unknown,
}

impl<'a> Days<'a> {
    pub(super) fn new(settings: &'a Settings, calendar: &'a Calendar, today: Day) -> Self {
        Self { settings, calendar, today, unknown_years: RefCell::default() }
    }

    fn looked_at(&self, day: Day) -> Day {
        if !self.calendar.knows(day.year()) {
            self.unknown_years.borrow_mut().insert(day.year());
        }
        day
    }

    pub(super) fn unknown_years(&self) -> BTreeSet<i32> {
        self.unknown_years.borrow().clone()
    }

    /// The day of the bill of a month.
    pub(super) fn bill(&self, month: Month) -> Day {
        self.looked_at(self.calendar.working_day_from(Day::in_month(month.next(), self.settings.bill_day)))
    }

    /// The day after which an order of the month is missing in the bill.
    pub(super) fn missing_after(&self, month: Month) -> Day {
        self.looked_at(self.calendar.plus_working_days(self.bill(month), self.settings.bill_grace_working_days))
    }

    /// The day after which the bill of a month is not paid in time.
    pub(super) fn payment(&self, month: Month) -> Day {
        self.looked_at(self.calendar.plus_working_days(self.bill(month), self.settings.payment_working_days))
    }

    /// The month of whose bill an order is a part. Clocks differ: of an order of the last day of a month, it may be the next one.
    pub(super) fn month_of(day: Day) -> Month {
        day.plus_days(1).month()
    }

    /// Since when an order can be billed: it is paid, accepted, and in effect.
    pub(super) fn billable(&self, order: &KnownOrder) -> Billable {
        let accepted = match order.supervised {
            Supervised::No => None,
            Supervised::Completed(day) => Some(day),
            Supervised::Open => return Billable::NotYet(Reason::NotAccepted, None),
            Supervised::Unknown => return Billable::NotYet(Reason::AcceptanceUnknown, None),
        };
        if order.kind == OrderKind::Renewal && order.in_effect_from.is_none() {
            return Billable::NotYet(Reason::EffectUnknown, None);
        }
        if let Some(day) = order.in_effect_from.filter(|day| *day > self.today) {
            return Billable::NotYet(Reason::NotInEffect, Some(day));
        }
        // A purchase is in effect when it is accepted, whatever was estimated before.
        let since = [order.ordered_on, accepted, order.in_effect_from].into_iter().flatten().max();
        since.map_or(Billable::Unknown, Billable::Since)
    }
}
