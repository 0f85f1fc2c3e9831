//! A week of many instances, with an outage of two days and runs that are killed: what is charged must be what was used.

use koogallery_local::simulate::UsageMonth;

use super::{Measured, Options, tell};
use crate::Problem;

/// KooGallery is away for so many hours, after a third of the week.
const AWAY: u64 = 48;

pub(super) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let Options { instances, hours, .. } = *options;
    let outage = hours / 3..(hours / 3 + AWAY).min(hours);
    let week = UsageMonth { instances, hours, outage, seed: 1 };
    let report = week.play(|hour| tell(&format!("hour {hour} of {hours}"))).await?;
    tell(&report.to_string());
    if !report.is_right() {
        return Err("what is charged is not what was used".into());
    }
    let seconds = report.elapsed.as_secs_f64();
    Ok(vec![
        Measured::new("hours of the week played, charged = used", usize::try_from(report.hours)?, seconds),
        Measured::new("its records", report.sent, seconds),
        Measured::new("its hours of instances, pushed", report.pushed, seconds),
    ])
}
