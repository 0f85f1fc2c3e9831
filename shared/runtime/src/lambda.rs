//! The function as AWS Lambda runs it.

use std::sync::Arc;

use lambda_http::{Body, Error, Request, Response, service_fn};

use crate::config::{ConfigError, Environment};
use crate::function::Function;
use crate::host::{Host, Shared};
use crate::record::CloudWatch;

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
    let environment = Environment::of_process();
    let shared = Shared::of(&environment, Arc::new(CloudWatch::of(&environment)))?;
    let host = Host::<F>::of(&environment, Arc::clone(&shared))?;

    // The secret is on its way while Lambda hands over the first call. A failure is told by the calls that need it.
    tokio::spawn(async move { shared.secrets().current().await.map(drop) });
    let host = &host;
    lambda_http::run(service_fn(|request: Request| async move {
        let (parts, body) = host.answer(&request).await.into_parts();
        let body = String::from_utf8(body.into()).map_or_else(|bytes| Body::Binary(bytes.into_bytes()), Body::Text);
        Ok::<_, Error>(Response::from_parts(parts, body))
    }))
    .await?;
    Ok(())
}
