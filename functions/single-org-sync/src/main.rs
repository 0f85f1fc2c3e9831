//! Answers singleOrgSync (one department of a tenant) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<single_org_sync::Handler>().await
}
