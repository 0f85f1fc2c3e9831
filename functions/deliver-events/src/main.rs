//! Delivers events to the seller's application, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    deliver_events::lambda().await
}
