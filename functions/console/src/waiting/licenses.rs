//! Licenses that KooGallery asked for, and that nobody handed in yet.

use koogallery_store::Place;

use super::{MOST, Waiting};
use crate::Console;
use crate::pages::license_requests::subject;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, name_of};

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let page = console.store.open_license_requests(Place::default(), MOST + 1).await?;
    let waiting = page.members.iter().map(|request| Waiting {
        what: view.fill(Home::License, &[&name_of(&subject(request))]),
        since: request.requested_at,
        deadline: None,
        act: (Home::LookAtRequests, "/license-requests".to_owned()),
    });
    Ok(waiting.collect())
}
