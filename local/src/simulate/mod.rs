//! `koogallery simulate`: the marketplace plays a product's whole life against a production address and checks every
//! answer.

mod basic;
mod play;
mod report;

pub use play::{Expected, Play, Step};
pub use report::Report;

use crate::marketplace::{CallError, Marketplace};

/// Plays everything. `progress` hears of each step as it ends.
pub async fn simulate(marketplace: Marketplace, progress: impl Fn(&Step) + Send + Sync) -> Result<Report, CallError> {
    let address = marketplace.address().to_owned();
    let mut play = Play::new(marketplace, &progress);
    basic::life_of_an_instance(&mut play).await?;
    basic::order_notice(&mut play).await?;
    basic::debug_calls(&mut play).await?;
    basic::attacks(&mut play).await?;
    Ok(Report::new(address, play.into_steps()))
}
