//! What checks of a deployment found: a line for each check, for people; the same as JSON, for programs. `doctor` and `promote` make them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::conform::{Outcome, Verdict};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It is as it should be.
    Ok,
    /// It is not; the text says what to mend.
    Problem,
    /// Nobody looked, or nobody can; the text says why.
    NotChecked,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::NotChecked => "not checked",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at.
    pub check: String,
    /// How it ended.
    pub state: State,
    /// What was seen, and what to mend. Nothing secret.
    pub detail: String,
}

impl Finding {
    pub(crate) fn ok(check: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self { check: check.into(), state: State::Ok, detail: detail.to_string() }
    }

    pub(crate) fn problem(check: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self { check: check.into(), state: State::Problem, detail: detail.to_string() }
    }

    pub(crate) fn not_checked(check: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { check: check.into(), state: State::NotChecked, detail: why.to_string() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<11}  {:<24}  {}", self.state.word(), self.check, self.detail)
    }
}

/// All checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The address that was looked at.
    pub address: String,
    /// How many are as they should be.
    pub ok: usize,
    /// How many are not.
    pub problems: usize,
    /// How many nobody looked at.
    pub not_checked: usize,
    /// Each check.
    pub checks: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(address: String, checks: Vec<Finding>) -> Self {
        let count = |state| checks.iter().filter(|finding| finding.state == state).count();
        let (ok, problems, not_checked) = (count(State::Ok), count(State::Problem), count(State::NotChecked));
        Self { address, ok, problems, not_checked, checks }
    }
}

impl fmt::Display for Report {
    /// The last line: each check had its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, ok, problems, not_checked, .. } = self;
        let noun = if *problems == 1 { "problem" } else { "problems" };
        write!(f, "{ok} ok, {problems} {noun}, {not_checked} not checked, at {address}")
    }
}

/// Findings of cases that were played: a line for each family, one more for each case that failed, and for what was left out. `mend` says
/// what follows from a failure.
pub(crate) fn by_family(check: &str, cases: &[Outcome], mend: &str) -> Vec<Finding> {
    let mut families: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in cases {
        families.entry(outcome.family()).or_default().push(outcome);
    }
    families
        .into_iter()
        .flat_map(|(family, outcomes)| of_family(&format!("{check} {family}"), &outcomes, mend))
        .collect()
}

fn of_family(check: &str, outcomes: &[&Outcome], mend: &str) -> Vec<Finding> {
    let passed = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed).count();
    let mut found = Vec::new();
    if passed > 0 {
        found.push(Finding::ok(check, format_args!("{passed} answered as they should be")));
    }
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        match &outcome.verdict {
            Verdict::Passed => {}
            Verdict::Failed(problem) => {
                found.push(Finding::problem(
                    check,
                    format_args!("{} ({}): {problem}; {mend}", outcome.callback, outcome.case),
                ));
            }
            Verdict::Skipped(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    found.extend(left_out.into_iter().map(|(why, count)| Finding::not_checked(check, format_args!("{count}: {why}"))));
    found
}
