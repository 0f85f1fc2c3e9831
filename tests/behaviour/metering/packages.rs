//! Packages: their use is charged apart, and its end is told once.

use koogallery_store::Quantity;

use super::{HOUR, MINUTE, World, ago, clock, of_package, pass, used};

#[tokio::test]
async fn use_of_a_package_is_charged_apart_and_names_it() {
    let world = World::new().await;
    for id in ["i-1", "p-1", "p-2"] {
        world.buy(id, ago(HOUR)).await;
    }
    let moment = clock();
    let sent = [
        used("i-1", "r-1", moment, "1"),
        of_package("p-1", used("i-1", "r-2", moment, "2")),
        of_package("p-2", used("i-1", "r-3", moment, "4")),
    ];
    world.take(&sent).await.unwrap();
    pass(HOUR + 3 * MINUTE);
    assert_eq!(world.run().await.unwrap().pushed, 3);
    let mut told: Vec<_> = world
        .stand_in
        .usage_records()
        .into_iter()
        .map(|record| (record.relate_pkg_instance.map(|id| id.to_string()), record.usage_value.to_string()))
        .collect();
    told.sort();
    let package = |id: &str| Some(id.to_owned());
    let expected = [(None, "1"), (package("p-1"), "2"), (package("p-2"), "4")];
    assert_eq!(told, expected.map(|(id, value)| (id, value.to_owned())));
    assert_eq!(world.stand_in.uncounted_usage(), [], "each has a span of its own");

    let ids = ["i-1", "p-1"].map(|id| id.parse().unwrap());
    let infos = world.store().usage_infos(&ids).await.unwrap();
    let [total] = &infos[&ids[0]][..] else { panic!("one total") };
    assert_eq!((total.related_instance_id.clone(), total.usage_value.to_string()), (None, "7".to_owned()));
    let [of_package] = &infos[&ids[1]][..] else { panic!("one user") };
    assert_eq!(
        (of_package.related_instance_id.as_ref(), of_package.usage_value.to_string()),
        (Some(&ids[0]), "2".to_owned())
    );
    for id in ["i-1", "p-1"] {
        assert!(world.seller.instance(id).await.unwrap().metered, "{id}");
    }
}

#[tokio::test]
async fn a_package_that_is_used_up_is_told_once_for_each_quota() {
    let world = World::new().await;
    for id in ["i-1", "i-2", "p-1"] {
        world.buy(id, ago(HOUR)).await;
    }
    let package = "p-1".parse().unwrap();
    let quota = |text: &str| text.parse::<Quantity>().unwrap();
    let told = async || {
        let events = world.seller.events("INSTANCE#p-1").await;
        events.iter().filter(|event| *event == "usage.package_exhausted").count()
    };
    assert!(!world.store().set_quota(&"p-none".parse().unwrap(), quota("1"), clock()).await.unwrap());
    assert!(world.store().set_quota(&package, quota("10"), clock()).await.unwrap());
    world.take(&[of_package("p-1", used("i-1", "r-1", clock(), "9.9999"))]).await.unwrap();
    assert_eq!(told().await, 0);
    for id in ["r-2", "r-3"] {
        world.take(&[of_package("p-1", used("i-2", id, clock(), "0.0001"))]).await.unwrap();
        assert_eq!(told().await, 1);
    }
    let event = world.seller.whole_events("INSTANCE#p-1").await.pop().unwrap();
    assert_eq!(event.data, serde_json::json!({ "instanceId": "p-1", "used": 10, "quota": 10 }));
    // More is bought.
    assert!(world.store().set_quota(&package, quota("20"), clock()).await.unwrap());
    assert_eq!(told().await, 1);
    world.take(&[of_package("p-1", used("i-1", "r-4", clock(), "15"))]).await.unwrap();
    assert_eq!(told().await, 2);
}
