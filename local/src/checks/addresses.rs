//! Addresses among the variables.

use koogallery_open_api::BaseUrl;
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

/// Where the open APIs are: a site's name, or an address.
const OPEN_APIS: &str = "KOOGALLERY_OPEN_API_URL";

/// Those that nothing could be sent to: without a scheme, or where no open APIs can be. Their values are not repeated, since they may
/// hold a secret.
#[must_use]
pub fn addresses(environment: &Environment) -> Vec<ConfigError> {
    let lacks_scheme = |name: &&&str| {
        let value = environment.get(name).unwrap_or("https://").trim();
        // A name of KooGallery's sites has neither.
        !value.contains("://") && (**name != OPEN_APIS || value.contains(['.', ':', '/']))
    };
    let lacking = ADDRESSES.iter().filter(lacks_scheme);
    let mut told: Vec<_> = lacking.map(|name| ConfigError::invalid(name, InvalidValue::NoScheme)).collect();
    // Beside what lacks there: without a scheme it has been told already.
    let open_apis = environment.get(OPEN_APIS).map(|value| value.trim().parse::<BaseUrl>());
    if let (Some(Err(problem)), true) = (open_apis, told.iter().all(|problem| problem.name() != OPEN_APIS)) {
        told.push(ConfigError::refused(OPEN_APIS, problem));
    }
    told
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
        for none in ["chine", "China", "https://mkt.example.com/path?s3cret", "http://mkt.example.com"] {
            let told = addresses(&Environment::default().with(OPEN_APIS, none));
            assert_eq!(told.len(), 1, "{none}");
            let told = told[0].to_string();
            assert!(told.contains("china, china-cn, international or europe") && !told.contains("s3cret"), "{told}");
        }
        assert!(addresses(&Environment::default().with("KOOGALLERY_OPEN_API_URL", "china-cn")).is_empty());
    }
}
