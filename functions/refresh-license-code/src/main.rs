//! Answers refreshLicenseCode (a license code's expiry moves) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<refresh_license_code::Handler>().await
}
