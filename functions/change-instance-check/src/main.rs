//! Answers changeInstanceCheck (may this renewal change the specification?) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<change_instance_check::Handler>().await
}
