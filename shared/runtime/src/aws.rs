//! AWS SDK settings that all clients share. Credentials and region come from the environment, as Lambda sets them. The SDK's
//! long default chain (profiles, SSO, instance metadata) would slow every cold start.

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{
    RetryConfig, SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig, TimeoutConfig,
};

use crate::config::{ConfigError, Environment};

/// How long one try of a request to AWS may take: three tries fit into the function's deadline.
const ATTEMPT: Duration = Duration::from_millis(1200);
const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The settings of a client of an AWS service: region and credentials from the environment, the service's own address or the
/// one in the variable `endpoint`, and time-outs that fit into a function's deadline.
pub fn sdk_config(environment: &Environment, endpoint: &str) -> Result<SdkConfig, ConfigError> {
    let endpoint = environment.get(endpoint);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region(environment, endpoint)?)
        .credentials_provider(SharedCredentialsProvider::new(credentials(environment, endpoint)?))
        .http_client(http_client(endpoint))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_PAUSE))
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(config.build())
}

/// The DynamoDB client, for the region or for `DYNAMODB_ENDPOINT`.
pub fn dynamodb_client(environment: &Environment) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    Ok(aws_sdk_dynamodb::Client::new(&sdk_config(environment, "DYNAMODB_ENDPOINT")?))
}

/// The same over another way to DynamoDB than the network, at an `endpoint` where nothing is sent. There no answer is lost, so no
/// request is given up and sent once more.
pub fn dynamodb_client_over(
    http_client: SharedHttpClient,
    endpoint: &str,
    environment: &Environment,
) -> Result<aws_sdk_dynamodb::Client, ConfigError> {
    let environment = environment.clone().with("DYNAMODB_ENDPOINT", endpoint);
    let config = sdk_config(&environment, "DYNAMODB_ENDPOINT")?.into_builder();
    let config = config.http_client(http_client).retry_config(RetryConfig::disabled());
    // Nor one that waits, which the SDK takes for a stalled network: the database may be busy with a disk for a long time.
    let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let config = config.timeout_config(TimeoutConfig::disabled()).build();
    Ok(aws_sdk_dynamodb::Client::new(&config))
}

/// An HTTP client without TLS and without certificates, for a plain local endpoint.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        Builder::new().build_http()
    } else {
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    }
}

/// `AWS_REGION`. A local endpoint accepts any region.
fn region(environment: &Environment, endpoint: Option<&str>) -> Result<Region, ConfigError> {
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    match (region, endpoint) {
        (Some(region), _) => Ok(Region::new(region.to_owned())),
        (None, Some(_)) => Ok(Region::from_static("us-east-1")),
        (None, None) => Err(ConfigError::Missing { name: "AWS_REGION", meaning: "the AWS region, such as eu-west-1" }),
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. A local endpoint accepts any.
fn credentials(environment: &Environment, endpoint: Option<&str>) -> Result<Credentials, ConfigError> {
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
