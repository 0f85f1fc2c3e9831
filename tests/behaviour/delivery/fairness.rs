//! Subjects whose application is silent do not hold up the others, however many they are.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, atomic::AtomicBool};

use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};

use super::{instance, life, plain};

/// One event each.
async fn buy(seller: &Seller, name: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        seller.say_all(&life(&format!("{name}-{number:02}"))[..1]).await;
    }
}

#[tokio::test]
async fn silent_subjects_take_a_quarter_of_the_places() {
    let seller = Seller::start().await;
    let post = Post::of(&seller, plain).await;
    let is_silent = Arc::new(AtomicBool::new(false));
    let silent = Arc::clone(&is_silent);
    post.application.does(move |event| match instance(event).starts_with("silent") {
        true if silent.load(SeqCst) => Does::Hang,
        true => Does::Status(500),
        false => Does::Take,
    });
    buy(&seller, "silent", 0..40).await;
    let mut pump = post.pump(&seller).await;
    // Each fails once.
    while post.application.arrived().len() < 40 {
        pump.hear();
        pump.begin();
        assert!(pump.finish_one().await);
    }
    while pump.finish_one().await {}
    let before = post.application.arrived().len();

    // All of them are due again, and are silent now. Others are heard of after them; they are bought before, so that a slow purchase
    // does not give a silent try the time to end.
    is_silent.store(true, SeqCst);
    buy(&seller, "good", 0..24).await;
    post.clock.reach(pump.next_due().unwrap().saturating_add(std::time::Duration::from_secs(5)));
    pump.begin();
    pump.hear();
    pump.begin();
    while post.application.taken().len() < 24 {
        assert!(pump.finish_one().await);
        pump.hear();
        pump.begin();
    }
    let arrived = post.application.arrived().split_off(before);
    let silent = arrived.iter().filter(|event| instance(event).starts_with("silent")).count();
    assert!(silent <= 8, "{silent} silent ones were tried while the others were delivered");
}
