//! Answers updateInstanceStatus (freeze or unfreeze) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<update_instance_status::Handler>().await
}
