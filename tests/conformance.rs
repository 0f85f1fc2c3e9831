//! The whole corpus of `tests/corpus/` over HTTP against the local host: nothing may fail, and what the host does not
//! answer yet is said here and nowhere else.

#![allow(clippy::unwrap_used)]

use koogallery_local::conform::{Conform, Corpus};
use koogallery_tests::{Seller, text};

/// What the seller registered in KooGallery.
const RSA_PUBLIC_KEY: &str = include_str!("../shared/protocol/tests/rsa_public.txt");
const RSA_PRIVATE_KEY: &str = include_str!("../shared/protocol/tests/rsa_pkcs8.pem");

#[tokio::test]
async fn the_local_host_conforms() {
    let corpus = Corpus::embedded().unwrap();
    assert!(corpus.len() >= 320, "{} cases", corpus.len());
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)).await;
    let conform = Conform::new(seller.marketplace.clone(), Some(RSA_PUBLIC_KEY.parse().unwrap()));
    let report = conform.run(&corpus, |_| ()).await.unwrap();
    assert_eq!(report.cases.len(), corpus.len());
    assert_eq!(report.skipped, 0, "all keys are there");

    let failed: Vec<String> =
        report.failures().map(|(outcome, problem)| format!("{}: {problem}", outcome.case)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test]
async fn a_seller_who_provisions_later_conforms_as_well() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let conform = Conform::new(seller.marketplace.clone(), None);
    let corpus = Corpus::embedded().unwrap().only(&["newInstance".to_owned(), "queryInstance".to_owned()]);
    let report = conform.run(&corpus, |_| ()).await.unwrap();
    let failed: Vec<String> =
        report.failures().map(|(outcome, problem)| format!("{}: {problem}", outcome.case)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(report.passed > 100, "{} passed", report.passed);
}

#[tokio::test]
async fn an_endpoint_that_is_too_trusting_is_found_out() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_TIME_WINDOW_SECONDS", "600")).await;
    let corpus = Corpus::embedded().unwrap().only(&["v2-basic/release-instance/".to_owned()]);
    let report = Conform::new(seller.marketplace.clone(), None).run(&corpus, |_| ()).await.unwrap();
    let failed: Vec<&str> = report.failures().map(|(outcome, _)| outcome.case.as_str()).collect();
    let stale = ["v2-basic/release-instance/stale", "v2-basic/release-instance/from-the-future"];
    assert_eq!(failed, stale, "{report}");
}

#[tokio::test]
async fn what_a_case_buys_is_released_again() {
    let seller = Seller::start().await;
    let corpus = Corpus::embedded().unwrap().only(&["v2-basic/new-instance/other-line-of-the-order".to_owned()]);
    let report = Conform::new(seller.marketplace.clone(), None).run(&corpus, |_| ()).await.unwrap();
    assert_eq!((report.passed, report.failed), (1, 0), "{report}");
    let items = seller.items().await;
    let statuses: Vec<String> =
        items.iter().filter(|item| text(item, "sk") == "STATE").map(|item| text(item, "status")).collect();
    assert_eq!(statuses, ["released", "released"]);
}
