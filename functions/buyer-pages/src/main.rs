//! Buyers' pages, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    buyer_pages::lambda().await
}
