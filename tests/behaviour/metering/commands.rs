//! `koogallery usage`, as a person runs it: a process of its own that asks the seller API of a host.

use std::path::PathBuf;

use koogallery_local::open_api::UsageTold;
use koogallery_tests::Seller;
use koogallery_tests::api::TOKEN;

use super::{HOUR, MINUTE, World, ago, clock, of_package, pass, used};
use crate::commands::{self, Ran, run};

/// A seller whose hours are over by the real clock too, which the seller API has.
async fn yesterday() -> World {
    let world = World::over(Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await).await;
    pass(-26 * HOUR);
    world
}

/// Runs `koogallery usage` with these arguments; `input` is its standard input.
async fn usage_with(world: &World, arguments: &[&str], input: &str) -> Ran {
    run(&world.seller, &[&["usage"][..], arguments].concat(), input).await
}

/// The same, which has to succeed; what it printed.
async fn told(world: &World, arguments: &[&str]) -> String {
    commands::told(&world.seller, &[&["usage"][..], arguments].concat()).await
}

/// The same, which has to fail; what it says.
async fn refused(world: &World, arguments: &[&str]) -> String {
    let ran = usage_with(world, arguments, "").await;
    assert_ne!(ran.code, 0, "{arguments:?}: {}", ran.out);
    ran.errors
}

/// Two instances with an hour that KooGallery has, one of them with use of a package as well. Returns when the hour began.
async fn two_instances(world: &World) -> String {
    for id in ["i-1", "i-2", "p-1"] {
        world.buy(id, ago(HOUR)).await;
    }
    let begin = clock().to_rfc_3339();
    let sent = [
        used("i-1", "r-1", clock(), "1.5"),
        used("i-2", "r-1", clock(), "2"),
        of_package("p-1", used("i-2", "r-2", clock(), "4")),
    ];
    world.take(&sent).await.unwrap();
    pass(HOUR + 3 * MINUTE);
    begin
}

#[tokio::test]
async fn hours_are_listed_parked_and_resent() {
    let world = yesterday().await;
    let begin = two_instances(&world).await;
    assert!(told(&world, &["list", "--state", "parked"]).await.contains("no hours"));
    let open = told(&world, &["list", "--state", "open"]).await;
    assert_eq!((open.matches("i-2").count(), open.matches(" open ").count()), (2, 3), "{open}");
    assert!(refused(&world, &["park", "i-1", &begin, "--reason", "early"]).await.contains("the hour is open"));

    world.stand_in.next_usage([UsageTold::Code(500, "MKT.0999")]);
    world.run().await.unwrap();
    let unpushed = told(&world, &["list", "--state", "unpushed"]).await;
    assert!(unpushed.matches("MKT.0999").count() == 3 && unpushed.contains("pushing"), "{unpushed}");
    pass(6 * MINUTE);
    world.run().await.unwrap();
    let done = told(&world, &["list", "i-1"]).await;
    assert!(["i-1", &begin, "done", "1.5", "MKT.0000"].iter().all(|part| done.contains(part)), "{done}");
    assert!(told(&world, &["list", "i-1", "--from", "2099-01-01T00:00:00Z"]).await.contains("no hours"));
    assert!(refused(&world, &["list", "i-1", "--from", "yesterday"]).await.contains("from"));

    // Seller Console shows that KooGallery took two hours and does not count them.
    let unknown = refused(&world, &["park", "i-9", &begin, "--reason", "x"]).await;
    assert!(unknown.contains("there is no such hour"), "{unknown}");
    assert!(refused(&world, &["resend", "i-1", &begin]).await.contains("the hour is done"));
    let needs = refused(&world, &["resend", "i-1"]).await;
    assert!(needs.contains("<BEGIN>"), "{needs}");
    let serials = async |id: &str| {
        let hours = world.hours(id).await.into_iter().filter_map(|hour| hour.charge);
        hours.map(|charge| charge.metering_sn).collect::<Vec<_>>()
    };
    let before = [serials("i-1").await, serials("i-2").await];
    told(&world, &["park", "i-1", &begin, "--reason", "009 in SDR management"]).await;
    told(&world, &["park", "i-2", &begin, "--package", "p-1", "--reason", "013"]).await;
    let parked = told(&world, &["list", "--state", "parked"]).await;
    assert!(parked.contains("009 in SDR management") && parked.matches("parked").count() == 2, "{parked}");

    let resent = told(&world, &["resend", "i-1", &begin, "--new-serial"]).await;
    assert!(resent.starts_with("1 hour is pushed"), "{resent}");
    let resent = told(&world, &["resend", "--all-parked"]).await;
    assert!(resent.starts_with("1 hour is pushed"), "{resent}");
    assert_eq!(world.run().await.unwrap().pushed, 2);
    let after = [serials("i-1").await, serials("i-2").await];
    assert_ne!(after[0], before[0], "another serial number was asked for");
    assert_eq!(after[1], before[1]);
    assert_eq!([world.charged("i-1"), world.charged("i-2")], ["1.5", "6"], "none is charged twice");
    assert!(told(&world, &["list", "--state", "parked"]).await.contains("no hours"));
    assert!(told(&world, &["resend", "--all-parked"]).await.starts_with("no hour is parked"));
}

#[tokio::test]
async fn hours_are_exported_and_compared_with_koogallerys_list() {
    let world = yesterday().await;
    let begin = two_instances(&world).await;
    world.run().await.unwrap();
    let exported = told(&world, &["export"]).await;
    let lines: Vec<&str> = exported.lines().collect();
    assert_eq!(lines.len(), 4, "{exported}");
    assert!(lines[0].starts_with("instance_id,begin_time,end_time,relate_pkg_instance,part,state,"), "{exported}");
    let serial = world.hours("i-1").await[0].charge.as_ref().unwrap().metering_sn.clone();
    assert!(exported.contains(&format!("i-1,{begin},")) && exported.contains(&serial), "{exported}");
    assert_eq!(told(&world, &["export", "i-1"]).await.lines().count(), 2);

    // What was exported is what KooGallery has, as the file of a person and from a pipe.
    let file: PathBuf = std::env::temp_dir().join(format!("koogallery-usage-{}.csv", uuid::Uuid::new_v4()));
    std::fs::write(&file, &exported).unwrap();
    let whole = told(&world, &["reconcile", file.to_str().unwrap()]).await;
    std::fs::remove_file(&file).unwrap();
    assert!(whole.starts_with("2 of 2 are counted") && whole.contains("pushed 7.5, counted 7.5"), "{whole}");
    let ran = usage_with(&world, &["reconcile", "-"], &exported).await;
    assert_eq!(ran.code, 0, "{}", ran.errors);

    // Seller Console's own list: one record is refused, the others are missing or have another amount.
    let local = koogallery::Timestamp::from_millis(world.hours("i-1").await[0].id.begin.as_millis() + 8 * HOUR);
    let local = local.to_rfc_3339().replace('T', " ");
    let local = local.split('.').next().unwrap();
    let sdr = format!("实例ID,开始时间,用量,状态,失败原因\ni-1,{local},1.5,异常,实例状态异常\ni-2,{local},5,成功,\n");
    let ran = usage_with(&world, &["reconcile", "-"], &sdr).await;
    assert_eq!(ran.code, 1, "not all of it is counted");
    assert!(ran.out.contains("refused: 实例状态异常") && ran.out.contains("counts 5"), "{}", ran.out);
    let ran = usage_with(&world, &["reconcile", "-"], "实例ID,开始时间,用量\n").await;
    assert!(ran.code == 1 && ran.out.matches("missing").count() == 2, "{}", ran.out);
    let problem = refused(&world, &["reconcile", "/nowhere/sdr.csv"]).await;
    assert!(problem.contains("/nowhere/sdr.csv"), "{problem}");
    let ran = usage_with(&world, &["reconcile", "-"], "Instance,Amount\n").await;
    assert!(ran.code == 2 && ran.errors.contains("--names"), "{}", ran.errors);
}
