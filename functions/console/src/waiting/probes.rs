//! Debug calls that were not answered as KooGallery wants: it hides a product whose probes fail for five days.

use koogallery::ResultCode;

use super::Waiting;
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::View;

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let probes = console.store.probes().await?;
    let failed = probes.into_iter().filter(|probe| probe.call.result_code != ResultCode::Success);
    let waiting = failed.map(|probe| Waiting {
        what: view.fill(Home::ProbeFailed, &[&probe.call.callback, &probe.call.result_code]),
        since: probe.at,
        deadline: None,
        act: (Home::LookAtReason, "/probes".to_owned()),
    });
    Ok(waiting.collect())
}
