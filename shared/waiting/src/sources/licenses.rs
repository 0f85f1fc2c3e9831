//! Licenses that KooGallery asked for, and that nobody handed in yet.

use koogallery_store::Place;

use super::{Ask, Listed};
use crate::{Matter, Waiting, requested};

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let page = ask.store.open_license_requests(Place::default(), ask.one_more()).await?;
    let waiting = page.members.iter().map(|request| Waiting {
        matter: Matter::LicenseRequested { subject: requested(request) },
        since: request.requested_at,
        deadline: None,
    });
    Ok((waiting.collect(), true))
}
