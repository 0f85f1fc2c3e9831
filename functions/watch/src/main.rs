//! Warns of deadlines before they pass, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    watch::lambda().await
}
