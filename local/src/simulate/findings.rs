//! What a simulation proves of each family, and what it cannot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::family::Family;

/// What is proven of a family and what is not, each a part of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// What was seen to hold.
    pub proven: Vec<String>,
    /// What was not looked at, or cannot be seen.
    pub not_proven: Vec<String>,
}

/// The findings of all families.
#[derive(Debug, Default)]
pub(super) struct AllFindings(BTreeMap<Family, Findings>);

impl AllFindings {
    pub(super) fn proven(&mut self, family: Family, what: impl Into<String>) {
        add(&mut self.0.entry(family).or_default().proven, what.into());
    }

    pub(super) fn not_proven(&mut self, family: Family, what: impl Into<String>) {
        add(&mut self.0.entry(family).or_default().not_proven, what.into());
    }

    pub(super) fn take(&mut self, family: Family) -> Findings {
        self.0.remove(&family).unwrap_or_default()
    }
}

/// Once each. What is not proven of one life of a family is not proven of the family.
fn add(list: &mut Vec<String>, what: String) {
    if !list.contains(&what) {
        list.push(what);
    }
}
