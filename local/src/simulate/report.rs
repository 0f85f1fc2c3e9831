//! How a simulation went: a table for people, JSON for programs.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::deliveries::Event;
use super::play::Step;

/// What may help.
const UNTRIED: &str = "
No event was tried. Is KOOGALLERY_WEBHOOK_URL set there? If KOOGALLERY_OPEN_API_URL is, does it answer (--open-api)?";

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
    /// What became of events, where it is known.
    pub deliveries: Option<Deliveries>,
    /// Why it is not known, where it was asked for.
    pub silence: Option<String>,
    /// Each call.
    pub steps: Vec<Step>,
}

/// What became of all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deliveries {
    /// So many were delivered in order.
    pub delivered: usize,
    /// So many were not.
    pub undelivered: usize,
    /// So many of those are wrong.
    pub wrong: usize,
}

impl Report {
    /// Counts.
    #[must_use]
    pub(super) fn new(address: String, steps: Vec<Step>, asked: bool, silence: Option<String>) -> Self {
        let failed = steps.iter().filter(|step| step.problem.is_some()).count();
        let count =
            |which: fn(&Event) -> bool| steps.iter().flat_map(|step| &step.events).filter(|event| which(event)).count();
        let deliveries = (asked && silence.is_none()).then(|| Deliveries {
            delivered: count(Event::is_delivered),
            undelivered: count(|event| !event.is_delivered()),
            wrong: count(|event| event.problem.is_some()),
        });
        Self { address, passed: steps.len() - failed, failed, deliveries, silence, steps }
    }

    /// Whether no answer and no event is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.failed == 0 && self.deliveries.is_none_or(|deliveries| deliveries.wrong == 0)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = Table::new();
        // As wide as the terminal; where there is none, as it comes.
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["", "activity", "what was tried", "reply", "ms"]);
        for step in &self.steps {
            let reply = match (&step.problem, step.result_code) {
                (Some(problem), Some(code)) => format!("{code} {}\n{problem}", step.result_msg),
                (Some(problem), None) => problem.clone(),
                (None, code) => format!("{} {}", code.map_or("", |code| code.as_str()), step.result_msg),
            };
            let mark = if step.problem.is_some() { "✗" } else { "✓" };
            table.add_row([mark, &step.activity, &step.tried, &reply, &format!("{:.1}", step.milliseconds)]);
            for event in &step.events {
                let mark = match event.problem {
                    Some(_) => "✗",
                    None if event.is_delivered() => "✓",
                    None => "·",
                };
                let problem = event.problem.unwrap_or_default();
                table.add_row([mark, &format!("→ {}", event.event_type), &event.to_string(), problem, ""]);
            }
        }
        if let Some(milliseconds) = table.column_mut(4) {
            milliseconds.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        write!(f, "{} answers right, {} wrong", self.passed, self.failed)?;
        if let Some(Deliveries { delivered, undelivered, .. }) = self.deliveries {
            write!(f, "; {delivered} events delivered in order, {undelivered} not")?;
        }
        write!(f, ", from {}", self.address)?;
        let mut events = self.steps.iter().flat_map(|step| &step.events).peekable();
        if events.peek().is_some() && events.all(Event::is_untried) {
            f.write_str(UNTRIED)?;
        }
        self.silence.iter().try_for_each(|problem| write!(f, "\nWhat became of events is not known: {problem}"))
    }
}
