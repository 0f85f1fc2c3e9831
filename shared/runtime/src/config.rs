//! Typed configuration from environment variables, checked at start. An error names the variable.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use koogallery::DEFAULT_TIME_WINDOW;

/// Environment variables: of the process, or made by the local host.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl fmt::Debug for Environment {
    /// Shows names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// What is wrong with the configuration. The error contains no value that may be secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable that is needed is not set.
    #[error("{name} is not set: {meaning}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What to set it to.
        meaning: &'static str,
    },
    /// A variable's value cannot be used.
    #[error("{name} cannot be used: {source}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Why.
        source: InvalidValue,
    },
}

/// Why a variable's value cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidValue {
    /// Another variable, which is set, says the same.
    #[error("{0} is set as well: set one of them")]
    SetTwice(&'static str),
    /// It is not a whole number from `least` to `most`.
    #[error("give whole {unit} from {least} to {most}")]
    OutOfRange {
        /// What the number counts.
        unit: &'static str,
        /// The smallest number.
        least: u64,
        /// The largest number.
        most: u64,
    },
    /// It does not have the expected form: what to give instead.
    #[error("give {0}")]
    Unexpected(&'static str),
    /// It is an address without its scheme.
    #[error("it has no scheme: write https:// before it, or http:// where it is on this machine")]
    NoScheme,
    /// The value's own type refuses it.
    #[error(transparent)]
    Refused(Box<dyn Error + Send + Sync>),
}

impl ConfigError {
    /// The variable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing { name, .. } | Self::Invalid { name, .. } => name,
        }
    }

    /// A value that cannot be used, and why.
    #[must_use]
    pub const fn invalid(name: &'static str, source: InvalidValue) -> Self {
        Self::Invalid { name, source }
    }

    /// The same for a value that its own type refuses.
    pub fn refused(name: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Invalid { name, source: InvalidValue::Refused(Box::new(source)) }
    }
}

impl Environment {
    /// The variables of the process. Variables that are not Unicode are ignored: ours always are.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable's value. A blank one counts as not set, because templates leave optional ones blank.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The names of those that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| self.get(name).is_some())
    }

    /// The value of a required variable.
    pub fn required(&self, name: &'static str, meaning: &'static str) -> Result<&str, ConfigError> {
        self.get(name).ok_or(ConfigError::Missing { name, meaning })
    }

    /// The same variables with one added or changed.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// The settings that every callback's function has.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The DynamoDB table: `KOOGALLERY_TABLE`.
    pub table: String,
    /// How far a call's timestamp may be from now: `KOOGALLERY_TIME_WINDOW_SECONDS`, 60 by default.
    pub time_window: Duration,
}

/// The largest window, in seconds. A larger one is surely a mistake: replays would work for too long.
const MAX_TIME_WINDOW: u64 = 3600;

impl Settings {
    /// Reads them.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let table = environment.required("KOOGALLERY_TABLE", "the name of the DynamoDB table")?.to_owned();
        let name = "KOOGALLERY_TIME_WINDOW_SECONDS";
        let time_window = match environment.get(name).map(str::parse::<u64>) {
            None => DEFAULT_TIME_WINDOW,
            Some(Ok(seconds @ 1..=MAX_TIME_WINDOW)) => Duration::from_secs(seconds),
            Some(_) => {
                let source = InvalidValue::OutOfRange { unit: "seconds", least: 1, most: MAX_TIME_WINDOW };
                return Err(ConfigError::invalid(name, source));
            }
        };
        Ok(Self { table, time_window })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_names_its_variable() {
        let error = Settings::of(&Environment::default()).unwrap_err().to_string();
        assert!(error.contains("KOOGALLERY_TABLE"), "{error}");
        for bad in ["0", "-1", "1h", "3601"] {
            let environment =
                Environment::default().with("KOOGALLERY_TABLE", "t").with("KOOGALLERY_TIME_WINDOW_SECONDS", bad);
            let error = Settings::of(&environment).unwrap_err().to_string();
            assert!(error.contains("KOOGALLERY_TIME_WINDOW_SECONDS"), "{error}");
        }
    }

    #[test]
    fn blank_is_not_set_and_values_are_not_shown() {
        let environment = Environment::default().with("KOOGALLERY_KEYS", "s3cret").with("KOOGALLERY_TABLE", " ");
        assert_eq!(environment.get("KOOGALLERY_TABLE"), None);
        assert!(!format!("{environment:?}").contains("s3cret"));
    }
}
