//! Answers applicationSync (the credentials of a tenant's application) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<application_sync::Handler>().await
}
