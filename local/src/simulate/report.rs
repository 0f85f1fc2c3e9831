//! How a simulation went: lines for people, JSON for programs.

use std::fmt;

use serde::Serialize;
use textwrap::{Options, fill};

use super::family::Family;
use super::findings::{AllFindings, Findings};
use super::step::{Event, Step};

/// What may help.
const UNTRIED: &str = "No event was tried. Is KOOGALLERY_WEBHOOK_URL set there? If KOOGALLERY_OPEN_API_URL is, does \
                       it answer (--open-api)?";

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
    /// Each family.
    pub families: Vec<FamilyReport>,
    /// Each call.
    pub steps: Vec<Step>,
}

/// How a family went, and what that proves.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FamilyReport {
    /// Which.
    pub family: Family,
    /// How many of its answers were right.
    pub passed: usize,
    /// How many were not.
    pub failed: usize,
    /// What became of its events, where it is known.
    pub deliveries: Option<Deliveries>,
    /// What that proves, and what not.
    #[serde(flatten)]
    pub findings: Findings,
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

impl Deliveries {
    fn of<'a>(steps: impl Iterator<Item = &'a Step> + Clone) -> Self {
        let count = |which: fn(&Event) -> bool| {
            steps.clone().flat_map(|step| &step.events).filter(|event| which(event)).count()
        };
        Self {
            delivered: count(Event::is_delivered),
            undelivered: count(|event| !event.is_delivered()),
            wrong: count(|event| event.problem.is_some()),
        }
    }
}

impl Report {
    /// Counts.
    #[must_use]
    pub(super) fn new(
        address: String,
        steps: Vec<Step>,
        mut findings: AllFindings,
        asked: bool,
        silence: Option<String>,
    ) -> Self {
        let knows_events = asked && silence.is_none();
        let mut families: Vec<Family> = steps.iter().map(|step| step.family).collect();
        families.dedup();
        families.sort_unstable();
        families.dedup();
        let families = families.into_iter().map(|family| {
            let mine = || steps.iter().filter(|step| step.family == family);
            let failed = mine().filter(|step| step.problem.is_some()).count();
            let deliveries = knows_events.then(|| Deliveries::of(mine()));
            if !knows_events {
                findings.not_proven(family, "that events reach an application: no seller API was asked");
            } else if mine().flat_map(|step| &step.events).any(Event::is_untried) {
                findings.not_proven(family, "that events reach an application: some were not tried");
            } else if deliveries.is_some_and(|deliveries| deliveries.delivered > 0 && deliveries.undelivered == 0) {
                findings.proven(family, "every event reaches an application, in order");
            }
            let findings = findings.take(family);
            FamilyReport { family, passed: mine().count() - failed, failed, deliveries, findings }
        });
        let families: Vec<FamilyReport> = families.collect();
        let failed = families.iter().map(|family| family.failed).sum();
        let deliveries = knows_events.then(|| Deliveries::of(steps.iter()));
        Self { address, passed: steps.len() - failed, failed, deliveries, silence, families, steps }
    }

    /// Whether no answer and no event is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.failed == 0 && self.deliveries.is_none_or(|deliveries| deliveries.wrong == 0)
    }

    /// The report as lines; sentences are broken at `width`, where it is given.
    #[must_use]
    pub fn text(&self, width: Option<usize>) -> String {
        Lines { report: self, width }.to_string()
    }
}

/// A report at a width.
struct Lines<'a> {
    report: &'a Report,
    width: Option<usize>,
}

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, width } = *self;
        let (mut family, mut life) = (None, "");
        for step in &report.steps {
            if family != Some(step.family) {
                f.write_str(if family.is_some() { "\n" } else { "" })?;
                writeln!(f, "{}", step.family.title())?;
                (family, life) = (Some(step.family), "");
            }
            if life != step.life {
                life = &step.life;
                writeln!(f, "{}", wrapped(life, 2, width))?;
            }
            write_step(f, step, width)?;
        }
        writeln!(f, "\nWhat this proves")?;
        for FamilyReport { family, passed, failed, deliveries, findings } in &report.families {
            writeln!(f, "{}: {}", family.title(), counts(*passed, *failed, *deliveries))?;
            for (mark, list) in [("proven: ", &findings.proven), ("not proven: ", &findings.not_proven)] {
                for what in list {
                    writeln!(f, "{}", wrapped(&format!("{mark}{what}"), 2, width))?;
                }
            }
        }
        write!(f, "\n{}, from {}", counts(report.passed, report.failed, report.deliveries), report.address)?;
        let mut events = report.steps.iter().flat_map(|step| &step.events).peekable();
        if events.peek().is_some() && events.all(Event::is_untried) {
            write!(f, "\n{}", wrapped(UNTRIED, 0, width))?;
        }
        if let Some(problem) = &report.silence {
            write!(f, "\n{}", wrapped(&format!("What became of events is not known: {problem}"), 0, width))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(None))
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step, width: Option<usize>) -> fmt::Result {
    let mark = if step.problem.is_some() { '✗' } else { '✓' };
    let code = step.result_code.map_or("", |code| code.as_str());
    let times = if step.sent > 1 { format!(" {}×", step.sent) } else { String::new() };
    let Step { activity, tried, milliseconds, .. } = step;
    writeln!(f, "    {mark} {activity:<23} {tried:<30} {code:<6} {milliseconds:>6.1} ms{times}")?;
    if let Some(problem) = &step.problem {
        let said = [step.result_msg.as_str(), problem].into_iter().filter(|text| !text.is_empty());
        writeln!(f, "{}", wrapped(&said.collect::<Vec<_>>().join(": "), 8, width))?;
    }
    for event in &step.events {
        let mark = match event.problem {
            Some(_) => '✗',
            None if event.is_delivered() => '✓',
            None => '·',
        };
        writeln!(f, "    {mark} → {:<21} {event}", event.event_type)?;
        let told = [event.problem, event.last_problem.as_deref()];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        if !told.is_empty() {
            writeln!(f, "{}", wrapped(&told.join(": "), 8, width))?;
        }
    }
    Ok(())
}

fn counts(passed: usize, failed: usize, deliveries: Option<Deliveries>) -> String {
    let events = deliveries.map(|Deliveries { delivered, undelivered, .. }| {
        format!("; {delivered} events delivered in order, {undelivered} not")
    });
    format!("{passed} answers right, {failed} wrong{}", events.unwrap_or_default())
}

/// A paragraph, indented.
fn wrapped(text: &str, indent: usize, width: Option<usize>) -> String {
    let indent = " ".repeat(indent);
    match width {
        Some(width) => fill(text, Options::new(width).initial_indent(&indent).subsequent_indent(&indent)),
        None => format!("{indent}{text}"),
    }
}
