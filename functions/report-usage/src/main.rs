//! Reports what pay-per-use instances used, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    report_usage::lambda().await
}
