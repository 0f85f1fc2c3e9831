//! The whole corpus of `tests/corpus/` over HTTP against the local host: nothing may fail, and what the host does not
//! answer yet is said here and nowhere else.

#![allow(clippy::unwrap_used)]

use koogallery::{AccessKeys, body_sign};
use koogallery_local::conform::{Conform, Corpus, Profile};
use koogallery_local::marketplace::Marketplace;
use koogallery_tests::{KEYS, Seller, text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What the seller registered in KooGallery.
const RSA_PUBLIC_KEY: &str = include_str!("../../shared/protocol/tests/rsa_public.txt");
const RSA_PRIVATE_KEY: &str = include_str!("../../shared/protocol/tests/rsa_pkcs8.pem");

#[tokio::test]
async fn the_local_host_conforms() {
    let corpus = Corpus::embedded().unwrap();
    assert!(corpus.len() >= 380, "{} cases", corpus.len());
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
async fn the_debug_page_counts_every_callback() {
    let corpus = Corpus::embedded().unwrap().of_profile(Profile::Console);
    for provisioning in ["instant", "deferred"] {
        let seller = Seller::with(|environment| {
            environment
                .with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
                .with("KOOGALLERY_PROVISIONING", provisioning)
                .with("KOOGALLERY_APP_INFO", r#"{"frontEndUrl":"https://app.example.com/{instanceId}"}"#)
        })
        .await;
        let conform = Conform::new(seller.marketplace.clone(), Some(RSA_PUBLIC_KEY.parse().unwrap()));
        let report = conform.run(&corpus, |_| ()).await.unwrap();
        let failed: Vec<String> =
            report.failures().map(|(outcome, problem)| format!("{}: {problem}", outcome.case)).collect();
        assert!(failed.is_empty(), "{provisioning}: {}", failed.join("\n"));
        assert_eq!(report.passed, corpus.len());
    }
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

/// An endpoint that answers everything alike, genuine but for the name of its header.
async fn endpoint_with(name: &'static str) -> String {
    let mut listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = axum::serve::Listener::accept(&mut listener).await;
            tokio::spawn(async move {
                let mut request = Vec::new();
                while stream.read_buf(&mut request).await.is_ok_and(|length| length > 0) {
                    if request.windows(4).any(|end| end == b"\r\n\r\n") {
                        break;
                    }
                }
                let body = r#"{"resultCode":"000000","resultMsg":"success","instanceId":"i-1"}"#;
                let sign = body_sign::value("basic-key", body.as_bytes());
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{name}: {sign}\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(answer.as_bytes()).await);
            });
        }
    });
    address
}

#[tokio::test]
async fn a_body_sign_in_another_spelling_is_found_out() {
    let corpus = Corpus::embedded().unwrap().only(&["v1-basic/expire-instance/debug-unknown-instance".to_owned()]);
    for (name, passed) in [("Body-Sign", 1), ("body-sign", 0), ("Body-sign", 0)] {
        let address = endpoint_with(name).await;
        let marketplace = Marketplace::new(&address, AccessKeys::from_json(KEYS).unwrap()).unwrap();
        let report = Conform::new(marketplace, None).run(&corpus, |_| ()).await.unwrap();
        assert_eq!(report.passed, passed, "{name}: {report}");
        assert!(report.failures().all(|(_, problem)| problem.contains(name)), "{report}");
    }
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
