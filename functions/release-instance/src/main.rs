//! Answers releaseInstance (an instance ends) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<release_instance::Handler>().await
}
