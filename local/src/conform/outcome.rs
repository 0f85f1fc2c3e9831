//! The result of a case: the player makes it, the report shows it.

use serde::Serialize;

/// The result of a case.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Folder, file and case: `v2-basic/new-instance/resent`.
    pub case: String,
    /// The activity; for the kit the last segment of the path.
    pub callback: String,
    /// `V2`, `kit V2`, `V1` or `kit V1`.
    pub dialect: &'static str,
    /// The topic of KooGallery's guide.
    pub topic: String,
    /// What the case tests.
    pub why: String,
    /// Passed, failed or skipped.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The time of all its calls together, in milliseconds.
    pub milliseconds: f64,
}

/// Passed, failed or skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "camelCase")]
pub enum Verdict {
    /// Every reply was as expected.
    Passed,
    /// What was wrong.
    Failed(String),
    /// What is missing to play it.
    Skipped(String),
}

impl Outcome {
    /// The folder, which is the family of callbacks.
    #[must_use]
    pub fn family(&self) -> &str {
        self.case.split('/').next().unwrap_or_default()
    }
}
