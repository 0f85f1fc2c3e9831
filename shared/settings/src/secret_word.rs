//! What looks like a secret: a document is shown to whoever may read it, so none may stand there.

/// Words in the names of members that hold secrets.
const WORDS: [&str; 9] =
    ["secret", "password", "passwd", "token", "credential", "privatekey", "accesskey", "apikey", "signature"];
/// How secrets begin that people put into the wrong place: of webhooks, and keys in PEM.
const BEGINNINGS: [&str; 2] = ["whsec_", "-----BEGIN"];

/// Where secrets go.
pub(crate) const WHERE: &str = "put secrets into the deployment's secret (webhookSecrets, apiTokens and the others in docs/configure.md), and \
                                take it out of here: whoever reads the settings sees it";

/// Whether a member's name says that it holds a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    WORDS.iter().any(|word| plain.contains(word))
}

/// Whether a text begins like a secret.
pub(crate) fn is_a_secret(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.trim_start().starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_of_secrets_are_known() {
        for name in ["secret", "clientSecret", "API_TOKEN", "access-key", "webhookSecrets", "passWord"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["name", "url", "skus", "features", "plan"] {
            assert!(!names_a_secret(name), "{name}");
        }
        assert!(is_a_secret(" whsec_AAAA") && is_a_secret("-----BEGIN PRIVATE KEY-----") && !is_a_secret("crm"));
    }
}
