//! Tells people what waits for them, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    notify::lambda().await
}
