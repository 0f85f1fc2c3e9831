//! Answers authSync (which users may use an application) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<auth_sync::Handler>().await
}
