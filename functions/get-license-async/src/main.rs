//! Answers getLicenseAsync (a device asks for a license) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<get_license_async::Handler>().await
}
