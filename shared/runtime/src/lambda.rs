//! Runs a function on AWS Lambda.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use koogallery_http_event::{EventError, read, write};
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Error, service_fn};
use serde_json::value::RawValue;

use crate::cloudwatch::CloudWatch;
use crate::config::{ConfigError, Environment};
use crate::function::Function;
use crate::host::{Host, Shared};

/// Why a function did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration.
    #[error("configuration: {0}")]
    Config(#[from] ConfigError),
    /// Lambda's Runtime API.
    #[error("the Lambda Runtime API failed: {0}")]
    Lambda(#[from] Error),
}

/// Serves one function on Lambda until the sandbox ends.
pub async fn lambda<F: Function>() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let shared = Shared::of(&environment, Arc::new(CloudWatch::of(&environment)))?;
    let host = Host::<F>::of(&environment, Arc::clone(&shared))?;

    // The secret is read while Lambda passes on the first call. If that fails, the calls that need it say so.
    tokio::spawn(async move { shared.secrets().current().await.map(drop) });
    let host = &host;
    // Boxed, because the type of a function's future is too deep for the compiler.
    serve_http(|request| {
        Box::pin(async move {
            match request {
                Ok(request) => host.answer(&request).await,
                Err(error) => host.refuse(error),
            }
        })
    })
    .await
}

/// Serves HTTP events until the sandbox ends. `answer` also answers an event that is not a request.
pub async fn serve_http<F, A>(answer: F) -> Result<(), StartError>
where
    F: Fn(Result<Request<Bytes>, EventError>) -> A,
    A: Future<Output = Response<Bytes>>,
{
    let answer = &answer;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        Ok::<_, Error>(write(&answer(read(event.payload.get())).await)?)
    }))
    .await?;
    Ok(())
}
