//! Lets the keys of the login follow one another, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    rotate_signing_keys::lambda().await
}
