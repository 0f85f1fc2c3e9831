//! Asks the order query what an order bought, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    learn_order::lambda().await
}
