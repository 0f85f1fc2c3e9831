//! Addresses among the variables.

use koogallery_runtime::{ConfigError, Environment, InvalidValue};

/// What must be a whole address. Where the open APIs are may be a site's name as well.
const ADDRESSES: [&str; 10] = [
    "KOOGALLERY_WEBHOOK_URL",
    "KOOGALLERY_OPEN_API_URL",
    "KOOGALLERY_EVENT_QUEUE_URL",
    "KOOGALLERY_DELAY_QUEUE_URL",
    "DYNAMODB_ENDPOINT",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_EVENTBRIDGE",
    "AWS_ENDPOINT_URL_LAMBDA",
];

/// Those without a scheme: nothing could be sent there. Their values are not repeated, since they may hold a secret.
#[must_use]
pub fn addresses(environment: &Environment) -> Vec<ConfigError> {
    let lacks_scheme = |name: &&&str| {
        let value = environment.get(name).unwrap_or("https://").trim();
        // A name of KooGallery's sites has neither.
        !value.contains("://") && (**name != "KOOGALLERY_OPEN_API_URL" || value.contains(['.', ':', '/']))
    };
    let lacking = ADDRESSES.iter().filter(lacks_scheme);
    lacking.map(|name| ConfigError::invalid(name, InvalidValue::NoScheme)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_scheme_is_told_and_not_repeated() {
        for name in ADDRESSES {
            for value in ["app.example.com/events?token=s3cret", "127.0.0.1:9100", "//app.example.com"] {
                let told = addresses(&Environment::default().with(name, value));
                assert_eq!(told.len(), 1, "{name} {value}");
                let told = told[0].to_string();
                assert!(told.starts_with(name) && told.contains("https://") && !told.contains("s3cret"), "{told}");
            }
            assert!(addresses(&Environment::default().with(name, "https://app.example.com/")).is_empty(), "{name}");
        }
        assert!(addresses(&Environment::default().with("KOOGALLERY_OPEN_API_URL", "china-cn")).is_empty());
    }
}
