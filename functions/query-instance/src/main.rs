//! Answers queryInstance (is it ready, what does the buyer see?) on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), koogallery_runtime::StartError> {
    koogallery_runtime::lambda::<query_instance::Handler>().await
}
