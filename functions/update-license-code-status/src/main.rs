//! Answers updateLicenseCodeStatus (freeze or unfreeze a license code) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<update_license_code_status::Handler>().await
}
