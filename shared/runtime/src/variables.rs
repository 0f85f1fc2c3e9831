//! Every environment variable of this project, with its meaning: the one list. docs/configure.md, the template and the code
//! are held to it by a test, and a variable that is not on it is reported at start: it is probably a typing error, and the
//! intended one is not set.

use std::fmt;

use koogallery_settings::nearest;
use serde_json::json;

use crate::cloudwatch::CloudWatch;
use crate::config::Environment;

/// What all names begin with.
const PREFIX: &str = "KOOGALLERY_";
/// This repository's own tests read these; they configure nothing.
const OF_TESTS: [&str; 2] = ["KOOGALLERY_TEST_", "KOOGALLERY_CI_"];

/// An environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it says, as the start of its line in docs/configure.md.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

/// All of them, in the order of docs/configure.md.
pub const VARIABLES: [Variable; 47] = [
    variable("KOOGALLERY_KEYS", "access keys per interface type"),
    variable("KOOGALLERY_SECRET_ARN", "the secret that holds them"),
    variable("KOOGALLERY_SECRET_FILE", "a file with the same JSON, on a plain host"),
    variable("KOOGALLERY_RSA_PRIVATE_KEY", "the key that decrypts the kit's client secrets"),
    variable("KOOGALLERY_RSA_PUBLIC_KEY", "the public half of it, as you registered it in KooGallery"),
    variable("KOOGALLERY_KMS_KEY_ARN", "the KMS key that wraps the data key"),
    variable("KOOGALLERY_LOCAL_KEY", "without AWS: what wraps the data key instead, 32 bytes as 64 hex digits"),
    variable("KOOGALLERY_V1_ENCRYPT_TYPE", "how replies to SaaS V1.0 encrypt"),
    variable("KOOGALLERY_API_TOKEN", "the tokens that open the seller API, separated by spaces"),
    variable("KOOGALLERY_TABLE", "the DynamoDB table"),
    variable("KOOGALLERY_PROVISIONING", "whether an instance is ready at once"),
    variable("KOOGALLERY_APP_INFO", "what the buyer sees, as JSON"),
    variable("KOOGALLERY_CHANGE_CHECK", "which changes of specification a renewal may make"),
    variable("KOOGALLERY_LICENSE_RULES", "what getLicenseAsync demands"),
    variable("KOOGALLERY_TIME_WINDOW_SECONDS", "how far a call's timestamp may be from now, in seconds"),
    variable("KOOGALLERY_WEBHOOK_URL", "your application's address for events"),
    variable("KOOGALLERY_WEBHOOK_SECRET", "what signs the events"),
    variable("KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS", "how long your application may take to answer, in seconds"),
    variable(
        "KOOGALLERY_WEBHOOK_STOP_STATUSES",
        "HTTP statuses, separated by commas, that mean \"do not send this event again\"",
    ),
    variable("KOOGALLERY_EVENT_BUS", "an EventBridge bus that receives the events"),
    variable("KOOGALLERY_OPEN_API_URL", "where KooGallery's open APIs are"),
    variable("KOOGALLERY_ACCESS_KEY_ID", "the AK that signs calls to the open APIs"),
    variable("KOOGALLERY_SECRET_ACCESS_KEY", "the SK of that AK"),
    variable("KOOGALLERY_LOGIN_ISSUER", "the address below which buyers' users log in"),
    variable("KOOGALLERY_OIDC_CLIENTS", "the applications that they log in to, as JSON"),
    variable("KOOGALLERY_LOGIN_EVENTS", "whether each login of a buyer's user becomes an event"),
    variable("KOOGALLERY_BUYER_PAGES_URL", "the address below which buyers' pages are"),
    variable("KOOGALLERY_CONSOLE_URL", "the address below which the console is"),
    variable("KOOGALLERY_CONSOLE_ISSUER", "the identity provider by which operators sign in to it"),
    variable("KOOGALLERY_CONSOLE_CLIENT_ID", "the console's name at that provider"),
    variable("KOOGALLERY_CONSOLE_CLIENT_SECRET", "what it shows there"),
    variable("KOOGALLERY_CONSOLE_ACCESS", "who may enter it, and as what"),
    variable("KOOGALLERY_NOTIFY", "who is told by robot or mail what waits, as JSON"),
    variable(
        "KOOGALLERY_NOTIFY_SECRETS",
        "the addresses and keys of these robots, and the passwords for mail, as JSON",
    ),
    variable("KOOGALLERY_UNIFIED_LOGIN_URL", "KooGallery's unified login page"),
    variable("KOOGALLERY_DAILY_PRODUCTS", "the ids of products that KooGallery bills by the day, separated by commas"),
    variable("KOOGALLERY_SUPERVISED_PRODUCTS", "which products are under service supervision, and by which flow"),
    variable("KOOGALLERY_RETENTION_DAYS", "how many days after its expiry KooGallery releases an instance"),
    variable("KOOGALLERY_PRODUCTION_URL", "the address that KooGallery calls"),
    variable("KOOGALLERY_PERSONAL_DATA_DAYS", "how many days after a release personal data is erased"),
    variable(
        "KOOGALLERY_LEASE_SECONDS",
        "how long a host has a subject for itself, where several work over one table, in seconds",
    ),
    variable("KOOGALLERY_METRICS_NAMESPACE", "the CloudWatch namespace of the metrics"),
    variable("KOOGALLERY_FUNCTIONS", "which Lambda function answers each callback"),
    variable("KOOGALLERY_EVENT_QUEUE_URL", "the FIFO queue that wakes delivery"),
    variable("KOOGALLERY_DELAY_QUEUE_URL", "the queue of wake-ups that come later"),
    variable("KOOGALLERY_API_URL", "which seller API the commands ask"),
    variable("KOOGALLERY_PROFILE", "a name in the file of profiles instead"),
];

/// A variable with our prefix that nothing reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownVariable {
    /// As it is set.
    pub name: String,
    /// The one that it looks like, without our prefix.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a variable of KooGallery's seller side: ", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "did you mean {PREFIX}{nearest}?"),
            None => f.write_str("unset it; docs/configure.md lists all that there are"),
        }
    }
}

impl Environment {
    /// Those with our prefix that nothing reads, by name.
    #[must_use]
    pub fn unknown_variables(&self) -> Vec<UnknownVariable> {
        let ours = |name: &&str| name.starts_with(PREFIX) && !OF_TESTS.iter().any(|prefix| name.starts_with(prefix));
        let mut names: Vec<&str> = self.names().filter(ours).collect();
        names.retain(|name| VARIABLES.iter().all(|known| known.name != *name));
        names.sort_unstable();
        let known = VARIABLES.iter().filter_map(|known| known.name.strip_prefix(PREFIX));
        let nearest = |name: &str| nearest(name.strip_prefix(PREFIX)?, known.clone());
        names.into_iter().map(|name| UnknownVariable { name: name.to_owned(), nearest: nearest(name) }).collect()
    }

    /// The variables of a function on Lambda. It logs a warning for each one that nothing reads. The function starts all the
    /// same, since one variable too many must not leave KooGallery's calls without an answer.
    #[must_use]
    pub fn of_lambda() -> Self {
        let environment = Self::of_process();
        for unknown in environment.unknown_variables() {
            CloudWatch::write(json!({ "level": "WARN", "configuration": unknown.to_string() }));
        }
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Vec<String> {
        let environment = Environment::default().with(name, "x").with("KOOGALLERY_KEYS", "x");
        environment.unknown_variables().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_slip_of_the_pen_names_what_was_meant() {
        for (name, meant) in [
            ("KOOGALLERY_PROVISONING", "KOOGALLERY_PROVISIONING"),
            ("KOOGALLERY_KEY", "KOOGALLERY_KEYS"),
            ("KOOGALLERY_WEBHOOK_SECRETS", "KOOGALLERY_WEBHOOK_SECRET"),
            ("KOOGALLERY_API_TOKENS", "KOOGALLERY_API_TOKEN"),
            ("KOOGALLERY_WEBHOK_ULR", "KOOGALLERY_WEBHOOK_URL"),
        ] {
            let told = told(name);
            assert!(told.len() == 1 && told[0].starts_with(name) && told[0].contains(meant), "{told:?}");
        }
        let told = told("KOOGALLERY_COLOUR_OF_THE_SKY");
        assert!(told.len() == 1 && told[0].contains("docs/configure.md"), "{told:?}");
    }

    #[test]
    fn what_is_known_blank_or_not_ours_is_not_told() {
        let environment = VARIABLES.iter().fold(Environment::default(), |all, known| all.with(known.name, "x"));
        let environment =
            environment.with("KOOGALLERY_PROVISONING", " ").with("HOME", "/").with("KOOGALLERY_CI_SKIPS", "0");
        assert_eq!(environment.unknown_variables(), []);
    }
}
