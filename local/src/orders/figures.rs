//! The figures of a month. If the seller API tells them in pages, they are added up.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value;

use super::text;
use crate::api::{Api, ApiError};

/// The figures of a month, of all pages.
#[derive(Debug, Default)]
pub struct Figures {
    month: String,
    orders: Value,
    new: u64,
    churned: u64,
    in_force: u64,
    recurring: Decimal,
    unknown: u64,
}

impl Figures {
    /// Asks for a month such as `2026-11`; for this one, if none is given.
    pub async fn of(api: &Api, month: Option<&str>) -> Result<Self, ApiError> {
        let (mut figures, mut month) = (Self::default(), month.map(str::to_owned));
        let mut next: Option<String> = None;
        loop {
            let query = [("month", month.as_deref()), ("cursor", next.as_deref())];
            let query: Vec<_> = query.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
            let page = api.get(&["orders", "summary"], &query).await?;
            figures.add(&page).ok_or_else(|| ApiError::Malformed("the summary of a month".to_owned()))?;
            month = Some(figures.month.clone());
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                return Ok(figures);
            }
        }
    }

    fn add(&mut self, page: &Value) -> Option<()> {
        page["month"].as_str()?.clone_into(&mut self.month);
        if page["orders"].is_object() {
            self.orders = page["orders"].clone();
        }
        let instances = &page["instances"];
        self.new += instances["new"].as_u64()?;
        self.churned += instances["churned"].as_u64()?;
        self.in_force += instances["inForce"].as_u64()?;
        self.unknown += instances["unknown"].as_u64()?;
        self.recurring += instances["recurring"].as_str()?.parse::<Decimal>().ok()?;
        Some(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, in Beijing", self.month)?;
        for product in self.orders["products"].as_array().into_iter().flatten() {
            let name = product["productId"].as_str().unwrap_or("several products");
            let (sold, refunded, listed) =
                (text(&product["sold"]), text(&product["refunded"]), text(&product["listed"]));
            let unknown = product["unknown"].as_u64().filter(|unknown| *unknown > 0);
            let unknown = unknown.map(|unknown| format!(", {unknown} without an amount")).unwrap_or_default();
            writeln!(
                f,
                "  {name}: sold {sold} (listed {listed}), refunded {refunded}, {} lines{unknown}",
                product["lines"]
            )?;
        }
        let orders = &self.orders;
        writeln!(
            f,
            "  renewed {}, renewals refunded {}, turned formal {}, changed {}; of {} orders nothing is told",
            orders["renewed"], orders["renewalsRefunded"], orders["turnedFormal"], orders["changed"], orders["unknown"]
        )?;
        writeln!(
            f,
            "  instances: {} new, {} churned, {} in force; recurring {} a month, without {} whose amount or period is not told",
            self.new, self.churned, self.in_force, self.recurring, self.unknown
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_added_up() {
        let instances =
            |recurring: &str| json!({ "new": 1, "churned": 0, "inForce": 2, "recurring": recurring, "unknown": 1 });
        let orders = json!({ "products": [{ "productId": "p-1", "lines": 1, "listed": "2", "sold": "1", "refunded": "0", "unknown": 0 }],
            "renewed": 3, "renewalsRefunded": 0, "turnedFormal": 0, "changed": 0, "unknown": 0 });
        let mut figures = Figures::default();
        figures.add(&json!({ "month": "2026-11", "orders": orders, "instances": instances("0.10") })).unwrap();
        figures.add(&json!({ "month": "2026-11", "instances": instances("0.20") })).unwrap();
        let shown = figures.to_string();
        for part in [
            "2026-11",
            "p-1: sold 1 (listed 2)",
            "renewed 3",
            "2 new, 0 churned, 4 in force; recurring 0.30",
            "without 2",
        ] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert!(figures.add(&json!({})).is_none());
    }
}
