//! Runs a function on AWS Lambda.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use koogallery_http_event::{EventError, read, write};
use lambda_http::lambda_runtime::{self, LambdaEvent, Service};
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

    // The secret, and the settings of products, are read while Lambda passes on the first call. If that fails, the calls that need
    // them say so.
    tokio::spawn(async move {
        let settings = async {
            if F::ASKS_FOR_SETTINGS {
                drop(shared.settings().current(shared.store()).await);
            }
        };
        tokio::join!(shared.secrets().current(), settings)
    });
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

/// Serves the routes of a service until the sandbox ends. `refuse` answers an event that is not a request.
pub async fn serve_routes<S, In, Out>(service: S, refuse: fn(EventError) -> Response<Out>) -> Result<(), StartError>
where
    S: Service<Request<In>, Response = Response<Out>, Error = Infallible> + Clone,
    In: From<Bytes>,
    Out: http_body::Body,
{
    serve_http(|request| {
        let mut service = service.clone();
        async move {
            let response = match request {
                Ok(request) => service.call(request.map(In::from)).await.unwrap_or_else(|never| match never {}),
                Err(error) => refuse(error),
            };
            whole(response).await
        }
    })
    .await
}

/// The response with its body in one piece, as Lambda needs it. Routes make their bodies in memory.
async fn whole<B: http_body::Body>(response: Response<B>) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    if let Ok(body) = body.collect().await {
        return Response::from_parts(parts, body.to_bytes());
    }
    parts.status = StatusCode::INTERNAL_SERVER_ERROR;
    Response::from_parts(parts, Bytes::new())
}
