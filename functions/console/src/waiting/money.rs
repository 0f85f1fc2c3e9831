//! Money that differs: what the comparisons of this month and of the one before found, and nobody explained.

use koogallery_statements::{Month, Subject};

use super::{MOST, Waiting};
use crate::Console;
use crate::pages::money::{month_of, open};
use crate::stop::Failure;
use crate::texts::{Home, Money, finding};
use crate::view::View;

/// So many findings of a month are looked at.
const LOOKED_AT: usize = 2 * MOST;

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let this: Month = month_of(view.now).parse().map_err(|_| Failure::Content)?;
    let before = Month::new(this.year(), this.month() - 1).or_else(|| Month::new(this.year() - 1, 12)).unwrap_or(this);
    let (this, before) = (this.to_string(), before.to_string());
    let (this, before) = futures_util::try_join!(open(console, &this, LOOKED_AT), open(console, &before, LOOKED_AT))?;
    let waiting = this.into_iter().chain(before).map(|(found, of)| {
        let (month, kind) = (of.month.as_str(), finding(view.language, found.kind));
        let about = match &found.subject {
            Subject::Order(order) => order.clone(),
            Subject::Usage { instance, .. } | Subject::Record { instance, .. } => instance.clone(),
            Subject::Row(_) => view.say(Money::Row).to_owned(),
        };
        Waiting {
            what: view.fill(Money::OnHome, &[&month, &kind, &about]),
            since: of.at,
            deadline: None,
            act: (Home::LookAtMoney, format!("/money?month={month}")),
        }
    });
    Ok(waiting.collect())
}
