//! Ten thousand pay-per-use instances: how long the push of an hour takes, and in how much memory.

use std::time::{Duration, Instant};

use koogallery_store::{Taken, UsageSent};
use koogallery_tests::Seller;

use super::{HOUR, MINUTE, World, ago, clock, pass, used};

/// The most memory that this process had so far, in MiB; 0 where the system does not tell.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

const INSTANCES: usize = 10_000;

#[tokio::test]
#[ignore = "measures: docs/metering.md has the command"]
#[allow(clippy::print_stdout)]
async fn an_hour_of_ten_thousand_instances_is_pushed_within_a_minute() {
    let world = World::over(Seller::start().await).await;
    let ids: Vec<String> = (0..INSTANCES).map(|number| format!("i-{number}")).collect();
    for id in &ids {
        world.buy(id, ago(HOUR)).await;
    }
    println!("{INSTANCES} instances stand, {} MiB", peak_mebibytes());
    let start = Instant::now();
    for ids in ids.chunks(1000) {
        let sent: Vec<UsageSent> = ids.iter().map(|id| used(id, "r-1", clock(), "1.5")).collect();
        let taken = world.take(&sent).await.unwrap();
        assert!(taken.iter().all(|taken| matches!(taken, Taken::Counted(_))));
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{INSTANCES} records of as many instances taken in {seconds:.1} s: {:.0} a second", 10_000.0 / seconds);
    let start = Instant::now();
    let sent = |call: usize| (0..1000).map(move |n| used("i-0", &format!("s-{call}-{n}"), clock(), "0.001"));
    for call in 0..5 {
        world.take(&sent(call).collect::<Vec<_>>()).await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("5000 records of one instance taken in {seconds:.1} s: {:.0} a second", 5000.0 / seconds);

    pass(HOUR + 3 * MINUTE);
    let start = Instant::now();
    let run = world.run().await.unwrap();
    let elapsed = start.elapsed();
    println!("pushed {} hours in {:.1} s, {} MiB", run.pushed, elapsed.as_secs_f64(), peak_mebibytes());
    assert_eq!((run.pushed, run.backlog, run.parked), (INSTANCES, 0, 0));
    assert_eq!(world.stand_in.charged().values().sum::<i128>(), 15_000 * 10_000 + 50_000);
    assert!(elapsed < Duration::from_mins(1), "{elapsed:?}");
}
