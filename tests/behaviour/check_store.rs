//! What `koogallery check-store` says of a database, and of one that lacks something.

#![allow(clippy::unwrap_used)]

use koogallery_local::check_store::{Need, Report, State, check};
use koogallery_runtime::{Environment, dynamodb_client};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};

async fn report(database: &FaultyDynamoDb) -> Report {
    let client = dynamodb_client(&Environment::default().with("DYNAMODB_ENDPOINT", database.endpoint())).unwrap();
    let report = check(&client, |_| {}).await.unwrap();
    let tables = client.list_tables().send().await.unwrap();
    assert!(tables.table_names().iter().all(|name| !name.starts_with("koogallery-check")), "its table stays behind");
    report
}

fn missing(report: &Report) -> Vec<Need> {
    report.findings.iter().filter(|finding| finding.state != State::Holds).map(|finding| finding.need).collect()
}

#[tokio::test]
async fn the_database_of_the_tests_does_what_the_store_needs() {
    let report = report(&FaultyDynamoDb::start().await).await;
    assert_eq!(missing(&report), [], "{:?}", report.findings);
    assert!(report.suits());
}

#[tokio::test]
async fn what_a_database_lacks_is_told_with_what_follows() {
    let database = FaultyDynamoDb::start().await;
    database.always(Fault::Lacks(".TransactWriteItems"));
    let without_transactions = report(&database).await;
    assert_eq!(missing(&without_transactions), [Need::Whole, Need::OldValues, Need::Conflicts, Need::ManyItems]);
    assert!(!without_transactions.suits());
    let told = without_transactions.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(told.contains("UnknownOperationException") && told.contains("no event would tell it"), "{told}");

    database.always(Fault::Lacks(".UpdateTimeToLive"));
    let without_expiry = report(&database).await;
    assert_eq!((missing(&without_expiry), without_expiry.suits()), (vec![Need::Expiry], true));
}
