//! Answers refreshInstance (the expiry moves) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<refresh_instance::Handler>().await
}
