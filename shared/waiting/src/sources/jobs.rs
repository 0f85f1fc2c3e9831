//! Jobs that nobody goes on with: their page was closed before they ended.

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// So many jobs are looked at, the newest: an older one that rests is forgotten.
const LOOKED_AT: i32 = 50;

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let jobs = ask.store.jobs(LOOKED_AT).await?;
    let waiting = jobs.into_iter().filter(|job| job.ended_at.is_none()).map(|job| Waiting {
        matter: Matter::JobRests { id: job.id, seen: job.seen },
        since: job.began_at,
        deadline: None,
    });
    Ok((waiting.collect(), true))
}
