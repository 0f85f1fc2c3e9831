//! What an order bought, without personal data: product, specification, quantity, period. It comes from V1.0's calls and from
//! the order query, whose answer comes after the callbacks, at any moment.
//!
//! `extendParams` are not part of it. They have the buyer's answers to the seller's questions, often a name or an address.

use std::collections::BTreeMap;

use koogallery::{ExpireTime, ProductId, SkuCode};
use serde::{Deserialize, Serialize};

/// The longest word of KooGallery that is kept, in characters. The longest one in a guide has 13.
const LONGEST_WORD: usize = 64;

/// What an order line bought. A member is absent if KooGallery did not send it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
    /// The product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The product's specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<SkuCode>,
    /// The quantity, such as the number of users, from the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linear_value: Option<f64>,
    /// V1.0: the quantity, such as the number of users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
    /// V1.0: the disk size in GB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<u32>,
    /// V1.0: the bandwidth in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band_width: Option<u32>,
    /// How it is charged, in KooGallery's words: `ON_DEMAND`, `ONE_TIME`, `PERIOD`, `ON_DEMAND_PKG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charging_mode: Option<String>,
    /// The unit of the period, as KooGallery wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_type: Option<String>,
    /// The number of these units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_number: Option<u32>,
}

impl Bought {
    /// Reads it from V1.0's parameters. A value that cannot be read is left out.
    pub(crate) fn told_by_call(product_id: Option<&ProductId>, parameters: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| parameters.get(name).map(|value| value.trim());
        let number = |name: &str| text(name)?.parse().ok();
        let charging_mode = text("chargingMode").map(|mode| match mode {
            "0" => "ON_DEMAND",
            "1" => "PERIOD",
            "3" => "ONE_TIME",
            other => other,
        });
        Self {
            product_id: product_id.cloned(),
            sku_code: text("skuCode").and_then(|code| code.parse().ok()),
            linear_value: None,
            amount: number("amount"),
            disk_size: number("diskSize"),
            band_width: number("bandWidth"),
            charging_mode: charging_mode.and_then(word),
            period_type: text("periodType").and_then(word),
            period_number: number("periodNumber"),
        }
    }

    /// The quantity, such as the number of users: from the order query, or else from V1.0's calls.
    #[must_use]
    pub fn quantity(&self) -> Option<f64> {
        self.linear_value.or_else(|| self.amount.map(f64::from))
    }

    /// The same, or none if all members are absent.
    pub(crate) fn if_any(self) -> Option<Self> {
        Some(self).filter(|bought| *bought != Self::default())
    }

    /// Takes in values that come later, or from a better source. Each present member replaces the old value.
    pub(crate) fn take_in(&mut self, newer: &Self) {
        fn keep<T: Clone>(value: &mut Option<T>, newer: Option<&T>) {
            if let Some(newer) = newer {
                *value = Some(newer.clone());
            }
        }
        let Self { product_id, sku_code, linear_value, amount, disk_size, band_width, .. } = newer;
        keep(&mut self.product_id, product_id.as_ref());
        keep(&mut self.sku_code, sku_code.as_ref());
        keep(&mut self.linear_value, linear_value.as_ref());
        keep(&mut self.amount, amount.as_ref());
        keep(&mut self.disk_size, disk_size.as_ref());
        keep(&mut self.band_width, band_width.as_ref());
        let Self { charging_mode, period_type, period_number, .. } = newer;
        keep(&mut self.charging_mode, charging_mode.as_ref());
        keep(&mut self.period_type, period_type.as_ref());
        keep(&mut self.period_number, period_number.as_ref());
    }

    /// The members that differ from `before`, or none if all are equal.
    pub(crate) fn changed_since(&self, before: &Self) -> Option<Self> {
        fn changed<T: Clone + PartialEq>(value: Option<&T>, before: Option<&T>) -> Option<T> {
            value.filter(|_| value != before).cloned()
        }
        Self {
            product_id: changed(self.product_id.as_ref(), before.product_id.as_ref()),
            sku_code: changed(self.sku_code.as_ref(), before.sku_code.as_ref()),
            linear_value: changed(self.linear_value.as_ref(), before.linear_value.as_ref()),
            amount: changed(self.amount.as_ref(), before.amount.as_ref()),
            disk_size: changed(self.disk_size.as_ref(), before.disk_size.as_ref()),
            band_width: changed(self.band_width.as_ref(), before.band_width.as_ref()),
            charging_mode: changed(self.charging_mode.as_ref(), before.charging_mode.as_ref()),
            period_type: changed(self.period_type.as_ref(), before.period_type.as_ref()),
            period_number: changed(self.period_number.as_ref(), before.period_number.as_ref()),
        }
        .if_any()
    }
}

/// A word of KooGallery, if it is not too long.
fn word(text: &str) -> Option<String> {
    (!text.is_empty() && text.chars().count() <= LONGEST_WORD).then(|| text.to_owned())
}

/// What the order query says about one order line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToldOrder {
    /// What it bought.
    pub bought: Bought,
    /// The end of the paid period.
    pub until: Option<ExpireTime>,
}

impl ToldOrder {
    /// What it bought, if the order query says anything about it. Words that are too long are left out.
    pub(crate) fn bought(&self) -> Option<Bought> {
        let Bought { charging_mode, period_type, .. } = &self.bought;
        let short = |text: &Option<String>| text.as_deref().and_then(word);
        let (charging_mode, period_type) = (short(charging_mode), short(period_type));
        Bought { charging_mode, period_type, ..self.bought.clone() }.if_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parameters: &[(&str, &str)]) -> Bought {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Bought::told_by_call(None, &parameters.iter().map(owned).collect())
    }

    #[test]
    fn v1_parameters_are_read_and_what_cannot_be_read_is_left_out() {
        let all = told(&[
            ("skuCode", "team"),
            ("amount", "10"),
            ("diskSize", " 20 "),
            ("bandWidth", "5"),
            ("chargingMode", "1"),
            ("periodType", "year"),
            ("periodNumber", "2"),
            ("saasExtendParams", "W10="),
        ]);
        let json = r#"{"skuCode":"team","amount":10,"diskSize":20,"bandWidth":5,"chargingMode":"PERIOD","periodType":"year","periodNumber":2}"#;
        assert_eq!(serde_json::to_string(&all).unwrap(), json);
        let long = "x".repeat(65);
        let none = told(&[("skuCode", &long), ("amount", "-1"), ("diskSize", "many"), ("periodType", &long)]);
        assert_eq!(none.if_any(), None);
    }

    #[test]
    fn what_is_told_later_counts_member_by_member() {
        let mut holds = told(&[("skuCode", "team"), ("amount", "10")]);
        let before = holds.clone();
        holds.take_in(&told(&[("amount", "20"), ("periodType", "year")]));
        assert_eq!(holds, told(&[("skuCode", "team"), ("amount", "20"), ("periodType", "year")]));
        assert_eq!(holds.changed_since(&before), Some(told(&[("amount", "20"), ("periodType", "year")])));
        assert_eq!(holds.changed_since(&holds.clone()), None);
    }

    /// What a guide may add one day has room; what cannot be a word is no part of what was bought.
    #[test]
    fn a_word_has_1_to_64_characters() {
        for (length, kept) in [(0, false), (1, true), (64, true), (65, false)] {
            let text = "云".repeat(length);
            assert_eq!(word(&text), kept.then(|| text.clone()), "{length}");
            let bought = Bought { charging_mode: Some(text.clone()), period_type: Some(text), ..Bought::default() };
            let told = ToldOrder { bought: bought.clone(), until: None };
            assert_eq!(told.bought(), Some(bought).filter(|_| kept), "{length}");
        }
    }
}
