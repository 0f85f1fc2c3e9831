//! The KooGallery that `serve --play-koogallery` plays, as the other commands find it.

use koogallery_runtime::Environment;

use crate::open_api::{PLAYED_AT, PlayedKooGallery};
use crate::simulate::SellerApi;

/// Where it is, unless the environment names another one.
pub(super) fn played_address(environment: &Environment) -> String {
    environment.get("KOOGALLERY_OPEN_API_URL").map_or_else(|| format!("http://{PLAYED_AT}/"), str::to_owned)
}

/// The one for a production address on this machine, if there is one.
pub(super) async fn played_for(production_address: &str, environment: &Environment) -> Option<PlayedKooGallery> {
    SellerApi::beside(production_address)?;
    let played = PlayedKooGallery::at(&played_address(environment)).ok()?;
    played.check().await.is_ok().then_some(played)
}
