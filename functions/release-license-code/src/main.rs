//! Answers releaseLicenseCode (a license code ends) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<release_license_code::Handler>().await
}
