//! Jobs that nobody goes on with: their page was closed before they ended.

use super::Waiting;
use crate::Console;
use crate::pages::jobs::SHOWN;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::View;

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let jobs = console.store.jobs(SHOWN).await?;
    let waiting = jobs.into_iter().filter(|job| job.ended_at.is_none()).map(|job| Waiting {
        what: view.fill(Home::JobRests, &[&job.seen]),
        since: job.began_at,
        deadline: None,
        act: (Home::GoOn, format!("/jobs/{}", job.id)),
    });
    Ok(waiting.collect())
}
