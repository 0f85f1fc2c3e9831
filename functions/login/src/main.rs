//! The login, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    login::lambda().await
}
