//! Answers upgradeInstance (specification or quantity grows) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<upgrade_instance::Handler>().await
}
