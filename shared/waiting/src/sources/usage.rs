//! Hours of use: those that KooGallery did not take, which wait for a person, and those that should have been reported long ago.

use std::time::Duration;

use koogallery_store::Kind;

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// An hour is reported within minutes after its grace.
const LATE: Duration = Duration::from_hours(2);

pub(super) async fn parked(ask: Ask<'_>) -> Listed {
    // One more than is wanted shows that there is more.
    let open = ask.store.oldest_usage(Kind::UsageParked, ask.now, ask.most_of_shard() + 1).await?;
    let waiting = open.into_iter().map(|(instance, since)| Waiting {
        matter: Matter::UsageParked { instance },
        since,
        deadline: None,
    });
    Ok((waiting.collect(), true))
}

/// One entry for all that are late: the cause is the same.
pub(super) async fn late(ask: Ask<'_>) -> Listed {
    let open = ask.store.oldest_usage(Kind::Usage, ask.now.saturating_sub(LATE), ask.most_of_shard()).await?;
    let count = open.len();
    let waiting = open.into_iter().next().map(|(oldest, since)| Waiting {
        matter: Matter::UsageLate { instances: count, oldest },
        since,
        deadline: None,
    });
    Ok((waiting.into_iter().collect(), true))
}
