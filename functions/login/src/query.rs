//! Adds parameters to an address that may have some already.

/// The address with these parameters after its own.
pub(crate) fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    let mark = match uri.split_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{mark}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_has_stays() {
        let pairs = [("code", "a b"), ("state", "x&y=z")];
        for (uri, expected) in [
            ("https://a.com/c", "https://a.com/c?code=a+b&state=x%26y%3Dz"),
            ("https://a.com/c?t=1", "https://a.com/c?t=1&code=a+b&state=x%26y%3Dz"),
            ("https://a.com/c?", "https://a.com/c?code=a+b&state=x%26y%3Dz"),
        ] {
            assert_eq!(with_query(uri, &pairs), expected);
        }
    }
}
