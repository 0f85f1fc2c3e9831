//! Erases the personal data of what was released long enough ago, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    erase_personal_data::lambda().await
}
