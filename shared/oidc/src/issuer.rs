//! An address below which routes are, as others know it: an issuer of OpenID Connect, or the console.

use std::net::IpAddr;

use url::{Host, Url};

/// An issuer, without a closing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    url: String,
    is_local: bool,
}

/// The text is no issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be an https:// address without user, query and fragment, such as https://login.example.com; \
     http:// only on this machine, such as http://127.0.0.1:8080/login"
)]
pub struct IssuerError;

impl Issuer {
    /// Reads one. A closing slash is left out.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let text = text.trim().trim_end_matches('/');
        let url = Url::parse(text).map_err(|_| IssuerError)?;
        let is_local = url.scheme() == "http" && is_loopback(&url);
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if is_plain && (url.scheme() == "https" || is_local) {
            Ok(Self { url: text.to_owned(), is_local })
        } else {
            Err(IssuerError)
        }
    }

    /// The issuer as tokens name it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether it is on this machine without TLS. Then its cookies, and what it works with, may be so too.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.is_local
    }

    /// The address of a route, such as `/authorize`.
    #[must_use]
    pub fn at(&self, route: &str) -> String {
        format!("{}{route}", self.url)
    }
}

/// Whether an address is on this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_tokens_may_name_is_one() {
        for (text, is_local) in [
            ("https://login.example.com", false),
            ("https://example.com/login/", false),
            ("http://127.0.0.1:8080/login", true),
            ("http://localhost:8080/login", true),
        ] {
            let issuer = Issuer::parse(text).unwrap();
            assert_eq!(issuer.is_local(), is_local, "{text}");
            assert!(!issuer.at("/authorize").contains("//authorize"));
        }
        for bad in
            ["", "example.com", "http://example.com", "https://u:p@example.com", "https://e.com/?a", "https://e.com#f"]
        {
            assert_eq!(Issuer::parse(bad), Err(IssuerError), "{bad}");
        }
    }
}
