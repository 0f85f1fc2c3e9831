//! How a simulation went: a table for people, JSON for programs.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::play::Step;

/// All steps of a simulation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The production address that was called.
    pub address: String,
    /// How many answers were right.
    pub passed: usize,
    /// How many were not.
    pub failed: usize,
    /// Each call.
    pub steps: Vec<Step>,
}

impl Report {
    /// Counts.
    #[must_use]
    pub fn new(address: String, steps: Vec<Step>) -> Self {
        let failed = steps.iter().filter(|step| step.problem.is_some()).count();
        Self { address, passed: steps.len() - failed, failed, steps }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_header(["", "activity", "what was tried", "reply", "ms"]);
        for step in &self.steps {
            let reply = match (&step.problem, step.result_code) {
                (Some(problem), Some(code)) => format!("{code} {}\n{problem}", step.result_msg),
                (Some(problem), None) => problem.clone(),
                (None, code) => format!("{} {}", code.map_or("", |code| code.as_str()), step.result_msg),
            };
            let mark = if step.problem.is_some() { "✗" } else { "✓" };
            table.add_row([mark, &step.activity, &step.tried, &reply, &format!("{:.1}", step.milliseconds)]);
        }
        if let Some(milliseconds) = table.column_mut(4) {
            milliseconds.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        write!(f, "{} answers right, {} wrong, from {}", self.passed, self.failed, self.address)
    }
}
