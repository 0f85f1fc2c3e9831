//! The secrets that sign webhooks: those of most webhooks, and those with names, which the settings of products give to webhooks of
//! their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::secret_text::SecretText;

/// The name of those that have none, where all are written by name.
const DEFAULT: &str = "default";

/// The secrets in a value of `KOOGALLERY_WEBHOOK_SECRET`, without their names.
pub fn written_webhook_secrets(value: &str) -> impl Iterator<Item = &str> {
    value.split_whitespace().map(|word| word.split_once(':').map_or(word, |(_, secret)| secret))
}

/// Secrets by name.
#[derive(Default, Clone, PartialEq, Eq)]
pub(crate) struct WebhookSecrets {
    pub(crate) default: Vec<SecretText>,
    pub(crate) named: BTreeMap<String, Vec<SecretText>>,
}

impl WebhookSecrets {
    /// Reads secrets that are separated by spaces, each with its name and a colon before it if it has one.
    pub(crate) fn written(text: &str) -> Self {
        let mut all = Self::default();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                Some((name, secret)) => all.push(name, secret.into()),
                None => all.push(DEFAULT, word.into()),
            }
        }
        all
    }

    /// Adds those of another secret.
    pub(crate) fn add(&mut self, other: Self) {
        self.default.extend(other.default);
        for (name, secrets) in other.named {
            self.named.entry(name).or_default().extend(secrets);
        }
    }

    fn push(&mut self, name: &str, secret: SecretText) {
        if name == DEFAULT {
            self.default.push(secret);
        } else {
            self.named.entry(name.to_owned()).or_default().push(secret);
        }
    }
}

impl<'de> Deserialize<'de> for WebhookSecrets {
    /// A list has those without a name; an object has one or a list for each name.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Several {
            One(SecretText),
            All(Vec<SecretText>),
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            List(Vec<SecretText>),
            Names(BTreeMap<String, Several>),
        }
        let mut all = Self::default();
        match Wire::deserialize(deserializer)? {
            Wire::List(secrets) => all.default = secrets,
            Wire::Names(names) => {
                for (name, secrets) in names {
                    let secrets = match secrets {
                        Several::One(secret) => vec![secret],
                        Several::All(secrets) => secrets,
                    };
                    for secret in secrets {
                        all.push(&name, secret);
                    }
                }
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(secrets: &WebhookSecrets) -> String {
        let texts = |secrets: &[SecretText]| secrets.iter().map(SecretText::reveal).collect::<Vec<_>>().join("+");
        let named = secrets.named.iter().map(|(name, secrets)| format!(" {name}={}", texts(secrets)));
        std::iter::once(texts(&secrets.default)).chain(named).collect()
    }

    #[test]
    fn a_list_is_for_all_and_names_are_for_those_that_give_them() {
        let read = |json: &str| shown(&serde_json::from_str(json).unwrap());
        assert_eq!(read(r#"["a","b"]"#), "a+b");
        assert_eq!(read(r#"{"default":"a","crm":["b","c"],"erp":"d"}"#), "a crm=b+c erp=d");
        assert_eq!(shown(&WebhookSecrets::written("a crm:b default:c crm:d")), "a+c crm=b+d");
        assert_eq!(written_webhook_secrets(" a crm:b ").collect::<Vec<_>>(), ["a", "b"]);
        assert!(serde_json::from_str::<WebhookSecrets>(r#"{"crm":5}"#).is_err());
        let mut all = WebhookSecrets::written("a crm:b");
        all.add(WebhookSecrets::written("c crm:d erp:e"));
        assert_eq!(shown(&all), "a+c crm=b+d erp=e");
    }
}
