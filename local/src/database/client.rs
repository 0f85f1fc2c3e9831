//! The AWS SDK's way to the embedded database: in this process, without a port that others could reach.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;

use super::operation::{Repeats, answer};

/// Answers the SDK's requests from the database.
#[derive(Clone)]
pub(super) struct InProcess(pub(super) Database);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.clone();
        // The database blocks while it works.
        let answered = tokio::task::spawn_blocking(move || {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            answer(&database, target, request.body().bytes().unwrap_or_default(), Repeats::Never)
        });
        HttpConnectorFuture::new(async move {
            let answer = answered.await.map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
