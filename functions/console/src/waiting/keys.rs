//! Keys that sign for longer than they should: the schedule that makes the next one fails.

use std::time::Duration;

use koogallery_oidc::{Phase, Rotation, SigningKeys};

use super::Waiting;
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::View;

/// The schedule runs each hour; a day late is a fault.
const LATE: Duration = Duration::from_hours(24);

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let longest = Rotation::default().every + LATE;
    let keys = SigningKeys::phases(&console.store, view.now).await?;
    let late =
        keys.into_iter().filter(|(key, phase)| *phase == Phase::Active && view.now.since(key.signs_from) > longest);
    let waiting = late.map(|(key, _)| Waiting {
        what: view.fill(Home::KeyOld, &[&key.key_id]),
        since: key.signs_from.saturating_add(longest),
        deadline: None,
        act: (Home::LookAtKeys, "/keys".to_owned()),
    });
    Ok(waiting.collect())
}
