//! Answers tenantSync (an instance is bound to a tenant) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<tenant_sync::Handler>().await
}
