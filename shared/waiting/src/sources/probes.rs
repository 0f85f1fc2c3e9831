//! Debug calls that were not answered as KooGallery wants: it hides a product whose probes fail for five days.

use koogallery::ResultCode;

use super::{Ask, Listed};
use crate::{Matter, Waiting};

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let probes = ask.store.probes().await?;
    let failed = probes.into_iter().filter(|probe| probe.call.result_code != ResultCode::Success);
    let waiting = failed.map(|probe| Waiting {
        matter: Matter::ProbeFailed { callback: probe.call.callback, result_code: probe.call.result_code },
        since: probe.at,
        deadline: None,
    });
    Ok((waiting.collect(), true))
}
