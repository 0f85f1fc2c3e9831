//! Answers queryInstance: how is it going, what shall the buyer see?, on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<query_instance::Handler>().await
}
