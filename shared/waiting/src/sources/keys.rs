//! Keys that sign for longer than they should: the schedule that makes the next one fails.

use std::time::Duration;

use koogallery_oidc::{Phase, Rotation, SigningKeyError, SigningKeys};
use koogallery_store::StoreError;

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// The schedule runs each hour; a day late is a fault.
const LATE: Duration = Duration::from_hours(24);

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let longest = Rotation::default().every + LATE;
    let keys = SigningKeys::phases(ask.store, ask.now).await.map_err(|error| match error {
        SigningKeyError::Store(error) => error,
        other => StoreError::Unreadable(other.to_string()),
    })?;
    let late =
        keys.into_iter().filter(|(key, phase)| *phase == Phase::Active && ask.now.since(key.signs_from) > longest);
    let waiting = late.map(|(key, _)| Waiting {
        matter: Matter::KeyOld { key: key.key_id.clone() },
        since: key.signs_from.saturating_add(longest),
        deadline: None,
    });
    Ok((waiting.collect(), true))
}
