//! What the seller API knows of orders, usage and explanations, in the form of the comparison.

use std::collections::{BTreeMap, BTreeSet};

use koogallery::CalendarForm;
use koogallery_statements::{Day, Explanation, FindingId, KnownOrder, KnownUsage, Month};
use rust_decimal::Decimal;
use serde_json::Value;

use super::malformed;
use crate::api::{Api, ApiError};
use crate::usage::{Wanted, list, plain};

/// So many ids are asked about together.
const TOGETHER: usize = 100;
/// A query's ids have at most so many letters together: an address has a longest length.
const LONGEST: usize = 4000;

/// The orders from a day on, until another one, with both of them; asked by the day, which keeps each answer small.
pub(super) async fn orders(api: &Api, from: Day, to: Day) -> Result<BTreeMap<String, KnownOrder>, ApiError> {
    let (mut orders, mut day) = (BTreeMap::new(), from);
    while day <= to {
        let next = day.plus_days(1);
        let span = [midnight(day), midnight(next)];
        pages(api, &[("from", &span[0]), ("to", &span[1])], &mut orders).await?;
        if next == day {
            break;
        }
        day = next;
    }
    Ok(orders)
}

fn midnight(day: Day) -> String {
    format!("{day}T00:00:00+08:00")
}

/// Adds the orders with these ids that are known.
pub(super) async fn add_named(
    api: &Api,
    ids: &BTreeSet<&str>,
    orders: &mut BTreeMap<String, KnownOrder>,
) -> Result<(), ApiError> {
    // What has another form is no order that the seller API could know.
    let is_id =
        |id: &&&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    let wanted: Vec<&str> = ids.iter().filter(is_id).filter(|id| !orders.contains_key(**id)).copied().collect();
    let mut left = wanted.as_slice();
    while !left.is_empty() {
        let mut count = left.len().min(TOGETHER);
        while count > 1 && left[..count].iter().map(|id| id.len() + 1).sum::<usize>() > LONGEST {
            count -= 1;
        }
        pages(api, &[("ids", &left[..count].join(","))], orders).await?;
        left = &left[count..];
    }
    Ok(())
}

async fn pages(api: &Api, query: &[(&str, &str)], orders: &mut BTreeMap<String, KnownOrder>) -> Result<(), ApiError> {
    let mut next: Option<String> = None;
    loop {
        let mut query = query.to_vec();
        query.extend(next.as_deref().map(|next| ("cursor", next)));
        let page = api.get(&["orders", "facts"], &query).await?;
        let found: Vec<KnownOrder> =
            serde_json::from_value(page["orders"].clone()).map_err(|_| malformed("what is known of orders"))?;
        orders.extend(found.into_iter().map(|order| (order.order_id.clone(), order)));
        next = page["next"].as_str().map(str::to_owned);
        if next.is_none() {
            return Ok(());
        }
    }
}

/// The usage that was pushed in the hours of some months, by instance and month of Beijing.
pub(super) async fn usage(api: &Api, from: Day, to: Day) -> Result<Vec<KnownUsage>, ApiError> {
    let wanted = Wanted { from: Some(midnight(from)), to: Some(midnight(to.plus_days(1))), ..Wanted::default() };
    let mut sums: BTreeMap<(String, Month), Decimal> = BTreeMap::new();
    for hour in list(api, &wanted).await? {
        let Some(charged) = &hour.charged else { continue };
        let begin = CalendarForm::RFC_3339.read(&hour.begin).and_then(|at| Day::in_beijing(at.as_millis()));
        let quantity = Decimal::from_str_exact(&plain(charged)).ok();
        let (Some(begin), Some(quantity)) = (begin, quantity) else { return Err(malformed("an hour of use")) };
        let sum = sums.entry((hour.instance_id, begin.month())).or_default();
        *sum = sum.saturating_add(quantity);
    }
    Ok(sums.into_iter().map(|((instance, month), quantity)| KnownUsage { instance, month, quantity }).collect())
}

/// What persons wrote to findings.
pub(super) async fn explanations(api: &Api) -> Result<BTreeMap<FindingId, Explanation>, ApiError> {
    let found = api.pages(&["explanations"], &[], "explanations").await?;
    found.iter().map(explanation).collect::<Option<_>>().ok_or_else(|| malformed("the list of explanations"))
}

fn explanation(said: &Value) -> Option<(FindingId, Explanation)> {
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let when = CalendarForm::RFC_3339.read(said["at"].as_str()?)?.as_millis();
    Some((text("finding")?.parse().ok()?, Explanation { note: text("note")?, who: text("by")?, when }))
}
