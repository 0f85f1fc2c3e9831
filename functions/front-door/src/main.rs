//! Receives every callback and passes it to the function that answers it, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    front_door::lambda().await
}
