//! Answers allOrgSync (all departments of a tenant) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<all_org_sync::Handler>().await
}
