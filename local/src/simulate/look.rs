//! What the seller's application shows of a customer, where it has an address for that: the one way to see from outside
//! that it did what it heard.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Map, Value};

/// The place in the address where the instance's id goes.
const PLACE: &str = "{instanceId}";
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(5);

/// An address that shows a customer as JSON: `status` (`active`, `frozen`, `released`), `skuCode`, `quantity`.
#[derive(Debug)]
pub struct Look {
    http: reqwest::Client,
    address: String,
}

/// Why nothing can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The address does not say which customer.
    #[error("{0} is no http or https address with {{instanceId}} in it")]
    Address(String),
    /// No client.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What is not as it was bought, and what to mend.
    pub(super) problem: Option<String>,
    /// Which members are not shown at all.
    pub(super) not_shown: Vec<String>,
}

impl Look {
    /// Looks at `address`, in which `{instanceId}` stands for the instance's id.
    pub fn new(address: &str) -> Result<Self, LookError> {
        if !address.contains(PLACE) || !address.starts_with("http") {
            return Err(LookError::Address(address.to_owned()));
        }
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy();
        if address.starts_with("http://") {
            http = http.tls_certs_only([]);
        }
        Ok(Self { http: http.build()?, address: address.to_owned() })
    }

    /// Looks until the customer is shown as bought, or patience ends.
    pub(super) async fn until_shows(&self, id: &str, wanted: &Map<String, Value>, patience: Duration) -> Seen {
        let since = Instant::now();
        loop {
            let seen = match self.customer(id).await {
                Ok(customer) => compared(id, &customer, wanted),
                Err(problem) => Seen { problem: Some(problem), not_shown: Vec::new() },
            };
            if seen.problem.is_none() || since.elapsed() > patience {
                return seen;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The customer as JSON; one that is unknown there is released.
    async fn customer(&self, id: &str) -> Result<Value, String> {
        let address = self.address.replace(PLACE, id);
        let unseen = |problem: &dyn std::fmt::Display| format!("{address} does not show the customer: {problem}");
        let answer = self.http.get(&address).send().await.map_err(|error| unseen(&error.without_url()))?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(serde_json::json!({ "status": "released" })),
            status if status.is_success() => {
                let body = answer.bytes().await.map_err(|error| unseen(&error.without_url()))?;
                serde_json::from_slice(&body).map_err(|error| unseen(&format_args!("no JSON: {error}")))
            }
            status => Err(unseen(&format_args!("HTTP {}", status.as_u16()))),
        }
    }
}

fn compared(id: &str, customer: &Value, wanted: &Map<String, Value>) -> Seen {
    let mut seen = Seen::default();
    for (member, wanted) in wanted {
        let shown = &customer[member];
        if shown.is_null() {
            seen.not_shown.push(member.clone());
        } else if !is_same(shown, wanted) && seen.problem.is_none() {
            let event = match member.as_str() {
                "status" => "frozen, unfrozen and released events say it",
                _ => "its event's order and holds say it",
            };
            seen.problem =
                Some(format!("your application shows {member} {shown} of {id} instead of {wanted}: {event}"));
        }
    }
    seen
}

/// 20, 20.0 and "20" are one quantity.
fn is_same(shown: &Value, wanted: &Value) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(shown), number(wanted)) {
        (Some(shown), Some(wanted)) => (shown - wanted).abs() < f64::EPSILON,
        _ => shown == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_customer_is_compared_by_what_is_shown() {
        let wanted = json!({ "quantity": 20, "skuCode": "large" });
        let seen = |customer: Value| compared("b-1", &customer, wanted.as_object().unwrap());
        assert_eq!(seen(json!({ "quantity": "20.0", "skuCode": "large", "name": "x" })), Seen::default());
        assert_eq!(seen(json!({ "quantity": 20 })).not_shown, ["skuCode"]);
        let problem = seen(json!({ "quantity": 10, "skuCode": "large" })).problem.unwrap();
        assert!(problem.contains("shows quantity 10 of b-1 instead of 20"), "{problem}");
    }

    #[test]
    fn an_address_says_which_customer() {
        assert!(Look::new("http://127.0.0.1:9100/customers/{instanceId}").is_ok());
        for address in ["http://127.0.0.1:9100/customers", "127.0.0.1/{instanceId}"] {
            assert!(Look::new(address).is_err(), "{address}");
        }
    }
}
