//! Sends the rows to the seller API, some side by side; all of a kind before those of the next one.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::outcome::{Outcome, Refused};
use super::rows::{Row, RowKind};
use crate::api::{Api, ApiError};

/// So many rows are sent together.
const TOGETHER: usize = 100;
/// So many calls are made side by side.
const SIDE_BY_SIDE: usize = 4;
/// The pauses before a call is made once more that found no answer.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(20)];

/// Why the rows are not all sent. What was sent before stays.
#[derive(Debug, thiserror::Error)]
#[error("{source}; {} rows were sent. Give the same command again: what is there already stays as it is", .sent.rows())]
pub struct SendError {
    /// Why.
    pub source: ApiError,
    /// What was sent until then.
    pub sent: Outcome,
}

/// Sends all rows. In a dry run nothing is written. `progress` is told how many rows are answered.
pub async fn send(api: &Api, rows: &[Row], dry_run: bool, progress: impl Fn(u64)) -> Result<Outcome, SendError> {
    let mut outcome = Outcome::default();
    // In a dry run, an instance of the file is not there yet.
    let brought: HashSet<(RowKind, &str)> =
        if dry_run { rows.iter().filter_map(Row::brings).collect() } else { HashSet::new() };
    for kind in rows.chunk_by(|one, other| one.kind == other.kind) {
        let answers = stream::iter(kind.chunks(TOGETHER))
            .map(|rows| async move { Ok((rows, send_part(api, rows, dry_run).await?)) })
            .buffer_unordered(SIDE_BY_SIDE);
        let taken = answers.try_for_each(|(rows, answers)| {
            for (row, answer) in rows.iter().zip(answers) {
                take_in(&mut outcome, row, &answer, &brought);
            }
            progress(outcome.rows());
            std::future::ready(Ok(()))
        });
        if let Err(source) = taken.await {
            return Err(SendError { source, sent: outcome });
        }
    }
    outcome.refused.sort_by_key(|refused| refused.line);
    Ok(outcome)
}

fn take_in(outcome: &mut Outcome, row: &Row, answer: &Value, brought: &HashSet<(RowKind, &str)>) {
    let counts = outcome.counts.entry(row.kind).or_default();
    let will_be_there = || row.needs().is_some_and(|needed| brought.contains(&needed));
    match answer["outcome"].as_str() {
        Some("new") => counts.new += 1,
        Some("known") => counts.known += 1,
        Some("unknown") if will_be_there() => counts.new += 1,
        _ => {
            counts.refused += 1;
            let detail = answer["detail"].as_str().unwrap_or("the seller API does not say why").to_owned();
            outcome.refused.push(Refused { line: row.line, kind: row.kind, name: row.name(), detail });
        }
    }
}

/// What became of each of some rows, in their order.
async fn send_part(api: &Api, rows: &[Row], dry_run: bool) -> Result<Vec<Value>, ApiError> {
    let members: Vec<_> = rows.iter().map(|row| &row.members).collect();
    let body = json!({ "rows": members, "dryRun": dry_run });
    let mut pauses = PAUSES.into_iter();
    let mut answer = loop {
        match api.post(&["imports"], Some(&body)).await {
            Ok(answer) => break answer,
            Err(error) if is_passing(&error) => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        }
    };
    match answer["rows"].take() {
        Value::Array(outcomes) if outcomes.len() == rows.len() => Ok(outcomes),
        _ => Err(ApiError::Malformed(api.address().to_string())),
    }
}

/// Whether the next try may find an answer.
fn is_passing(error: &ApiError) -> bool {
    match error {
        ApiError::NoAnswer { .. } => true,
        ApiError::Refused { status, .. } => status.is_server_error() || status.as_u16() == 429,
        _ => false,
    }
}
