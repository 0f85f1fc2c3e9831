//! AWS SDK settings that all clients share. Credentials and region come as Lambda gives them, in the environment; the
//! SDK's long default chain (profiles, SSO, instance metadata) would cost every cold start.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::config::{ConfigError, Environment};

/// One try of a request to AWS: three of them fit into the function's deadline.
const ATTEMPT: Duration = Duration::from_millis(1200);
const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;

/// An HTTP client for an endpoint: one without TLS, and without reading certificates, for a plain local one.
#[must_use]
pub fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        Builder::new().build_http()
    } else {
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}

/// `AWS_REGION`; a local endpoint does not care which.
pub fn sdk_region(environment: &Environment, endpoint: Option<&str>) -> Result<Region, ConfigError> {
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    match (region, endpoint) {
        (Some(region), _) => Ok(Region::new(region.to_owned())),
        (None, Some(_)) => Ok(Region::from_static("us-east-1")),
        (None, None) => Err(ConfigError::Missing { name: "AWS_REGION", meaning: "the AWS region, such as eu-west-1" }),
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; a local endpoint takes any.
pub fn sdk_credentials(environment: &Environment, endpoint: Option<&str>) -> Result<Credentials, ConfigError> {
    if environment.get("AWS_ACCESS_KEY_ID").is_none() && endpoint.is_some() {
        return Ok(Credentials::new("local", "local", None, None, "local endpoint"));
    }
    let meaning = "AWS credentials in the environment, as Lambda sets them";
    Ok(Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID", meaning)?,
        environment.required("AWS_SECRET_ACCESS_KEY", meaning)?,
        environment.get("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    ))
}

/// The DynamoDB client: of the region, or of `DYNAMODB_ENDPOINT`.
pub fn dynamodb_client(environment: &Environment) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    let endpoint = environment.get("DYNAMODB_ENDPOINT");
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(sdk_region(environment, endpoint)?)
        .credentials_provider(sdk_credentials(environment, endpoint)?)
        .http_client(http_client(endpoint))
        .retry_config(
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(50)),
        )
        .timeout_config(timeouts());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}

/// The Secrets Manager client.
pub(crate) fn secrets_client(environment: &Environment) -> Result<aws_sdk_secretsmanager::Client, ConfigError> {
    let endpoint = environment.get("AWS_ENDPOINT_URL_SECRETS_MANAGER");
    let mut config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(sdk_region(environment, endpoint)?)
        .credentials_provider(sdk_credentials(environment, endpoint)?)
        .http_client(http_client(endpoint))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(aws_sdk_secretsmanager::Client::from_conf(config.build()))
}

/// The KMS client.
pub(crate) fn kms_client(environment: &Environment) -> Result<aws_sdk_kms::Client, ConfigError> {
    let endpoint = environment.get("AWS_ENDPOINT_URL_KMS");
    let mut config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(sdk_region(environment, endpoint)?)
        .credentials_provider(sdk_credentials(environment, endpoint)?)
        .http_client(http_client(endpoint))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(aws_sdk_kms::Client::from_conf(config.build()))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build()
}
