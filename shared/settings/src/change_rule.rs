//! The changes of specification that a renewal may make: by `KOOGALLERY_CHANGE_CHECK`, or by a document for a product.

use std::str::FromStr;

use koogallery::{ProductId, ProductInfo, SkuCode};
use serde::Deserialize;
use serde_json::Value;

/// `KOOGALLERY_CHANGE_CHECK`: `allow` (the default), `refuse`, or the allowed changes, as JSON:
/// `{"allow":[{"from":{"skuCode":"…"},"to":{"skuCode":"…","linearValue":{"min":1,"max":500}}}]}`. Both sides may name
/// `productId`, `skuCode` and bounds of `linearValue`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeRule {
    /// Every change is allowed.
    Allow,
    /// No change is allowed.
    Refuse,
    /// A change that fits one of these is allowed.
    Moves(Vec<Move>),
}

/// One allowed change. Each given member must fit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// What the instance holds now. If a member is not known, a change that names it does not fit.
    #[serde(default)]
    from: Wanted,
    /// What it would hold then.
    #[serde(default)]
    to: Wanted,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    product_id: Option<ProductId>,
    sku_code: Option<SkuCode>,
    linear_value: Option<Bounds>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
}

/// The text is neither `allow` nor `refuse` nor a list of changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    r#"give `allow`, `refuse` or the allowed changes as JSON like {{"allow":[{{"to":{{"skuCode":"…","linearValue":{{"min":1,"max":500}}}}}}]}} ({0})"#
)]
pub struct ChangeRuleError(String);

impl FromStr for ChangeRule {
    type Err = ChangeRuleError;
    fn from_str(text: &str) -> Result<Self, ChangeRuleError> {
        match text.trim() {
            "allow" => Ok(Self::Allow),
            "refuse" => Ok(Self::Refuse),
            json => serde_json::from_str::<Moves>(json)
                .map(|moves| Self::Moves(moves.allow))
                .map_err(|error| ChangeRuleError(error.to_string())),
        }
    }
}

/// The allowed changes, as JSON has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moves {
    allow: Vec<Move>,
}

impl ChangeRule {
    /// The rule that a document has; none if it is no rule.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("allow") => Some(Self::Allow),
            Some("refuse") => Some(Self::Refuse),
            _ if !value.is_object() => None,
            _ => Moves::deserialize(value).ok().map(|moves| Self::Moves(moves.allow)),
        }
    }

    /// Whether an instance that holds `present` may change to `target`.
    #[must_use]
    pub fn allows(&self, present: &ProductInfo, target: &ProductInfo) -> bool {
        match self {
            Self::Allow => true,
            Self::Refuse => false,
            Self::Moves(moves) => moves.iter().any(|allowed| allowed.fits(present, target)),
        }
    }
}

impl Move {
    fn fits(&self, present: &ProductInfo, target: &ProductInfo) -> bool {
        self.from.fits(present) && self.to.fits(target)
    }
}

impl Wanted {
    fn fits(&self, product: &ProductInfo) -> bool {
        let fits = |wanted: bool, equal: bool| !wanted || equal;
        fits(self.product_id.is_some(), self.product_id == product.product_id)
            && fits(self.sku_code.is_some(), self.sku_code == product.sku_code)
            && self.linear_value.is_none_or(|bounds| product.linear_value.is_some_and(|value| bounds.hold(value)))
    }
}

impl Bounds {
    fn hold(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(json: &str) -> ProductInfo {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_move_fits_where_all_it_names_fits() {
        let rule: ChangeRule = r#"{"allow":[
            {"from":{"productId":"p1"},"to":{"skuCode":"large"}},
            {"to":{"skuCode":"small","linearValue":{"max":10}}}
        ]}"#
        .parse()
        .unwrap();
        let (p1, nothing) = (target(r#"{"productId":"p1"}"#), ProductInfo::default());
        let large = target(r#"{"skuCode":"large","linearValue":500}"#);
        assert!(rule.allows(&p1, &large));
        assert!(!rule.allows(&nothing, &large));
        assert!(rule.allows(&nothing, &target(r#"{"skuCode":"small","linearValue":"10"}"#)));
        assert!(!rule.allows(&nothing, &target(r#"{"skuCode":"small","linearValue":11}"#)));
        assert!(!rule.allows(&nothing, &target(r#"{"skuCode":"small"}"#)));
    }

    #[test]
    fn what_the_instance_holds_can_be_named_in_full() {
        let rule: ChangeRule =
            r#"{"allow":[{"from":{"skuCode":"small","linearValue":{"max":10}},"to":{"skuCode":"large"}}]}"#.parse().unwrap();
        let large = target(r#"{"skuCode":"large"}"#);
        for (present, allowed) in [
            (r#"{"skuCode":"small","linearValue":10}"#, true),
            (r#"{"skuCode":"small","linearValue":11}"#, false),
            (r#"{"skuCode":"small"}"#, false),
            (r#"{"skuCode":"medium","linearValue":5}"#, false),
            ("{}", false),
        ] {
            assert_eq!(rule.allows(&target(present), &large), allowed, "{present}");
        }
    }

    #[test]
    fn a_typing_error_is_told_at_start() {
        for bad in ["", "alow", "{}", r#"{"allow":[{"to":{"sku":"x"}}]}"#, r#"{"allow":[{"too":{}}]}"#] {
            assert!(bad.parse::<ChangeRule>().is_err(), "{bad}");
        }
        assert_eq!("refuse".parse(), Ok(ChangeRule::Refuse));
    }
}
