//! The address of a tenant's login. It comes in a signed call, but a buyer's administrator may have chosen it: so it must lead out of
//! this network, whatever its name resolves to.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use koogallery_oidc::is_loopback;

/// All but what RFC 3986 leaves unreserved.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An address that may be asked, without a closing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address(String);

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("it is not an https:// address without user, query and fragment")]
    Form,
    #[error("it is not a public address")]
    NotPublic,
}

impl Address {
    /// Reads a tenant's domain. On the developer's own machine (`is_local`) the same machine may be named, without TLS.
    pub(super) fn of(domain: &str, is_local: bool) -> Result<Self, AddressError> {
        let text = domain.trim().trim_end_matches('/');
        // The guide's tables have it with its scheme; a bare host name can only mean the same.
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&text).map_err(|_| AddressError::Form)?;
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if is_local && is_plain && is_loopback(&url) && matches!(url.scheme(), "http" | "https") {
            return Ok(Self(text));
        }
        if !is_plain || url.scheme() != "https" {
            return Err(AddressError::Form);
        }
        let is_public = match url.host() {
            // What a name resolves to is looked at when it is resolved.
            Some(Host::Domain(_)) => !is_loopback(&url),
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            None => false,
        };
        if is_public { Ok(Self(text)) } else { Err(AddressError::NotPublic) }
    }

    /// The address of a path below it, with a query.
    pub(super) fn at(&self, path: &str, query: &[(&str, &str)]) -> String {
        let encoded = |text| utf8_percent_encode(text, QUERY).to_string();
        let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.0, pairs.join("&"))
    }
}

/// Resolves names as the system does, and leaves out what is not public: a name may be made to lead into a network that only this
/// deployment reaches. The connection goes to the address that was looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.filter(|found| is_public(found.ip())).collect();
            if found.is_empty() {
                return Err(io::Error::other(AddressError::NotPublic).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet: by the registries of special addresses of IANA.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out. Within it: protocol assignments with Teredo, documentation, and 6to4, which leads to any IPv4.
    let is_special = matches!((a, b), (0x2001, ..0x0200 | 0x0db8) | (0x2002 | 0x3fff, _));
    a & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_https_addresses_are_asked() {
        for good in
            ["https://acme.example.com", "https://acme.example.com:8443/x/", "acme.example.com", "https://8.8.8.8"]
        {
            assert!(Address::of(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://acme.example.com",
            "https://user@acme.example.com",
            "https://acme.example.com/?a=b",
            "https://acme.example.com/#a",
            "ftp://acme.example.com",
            "",
        ] {
            assert_eq!(Address::of(bad, false), Err(AddressError::Form), "{bad}");
        }
        for inner in [
            "https://127.0.0.1",
            "https://localhost",
            "https://10.0.0.1",
            "https://192.168.1.1",
            "https://172.16.0.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://0.0.0.0",
            "https://255.255.255.255",
            "https://198.18.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[fd00::1]",
            "https://[fe80::1]",
            "https://[2002:7f00:1::]",
            "https://[2001:db8::1]",
            "https://[64:ff9b::7f00:1]",
        ] {
            assert_eq!(Address::of(inner, false), Err(AddressError::NotPublic), "{inner}");
        }
    }

    #[test]
    fn on_the_developers_machine_the_same_machine_may_be_asked_and_no_other() {
        assert!(Address::of("http://127.0.0.1:9000/identity/t-1", true).is_ok());
        assert!(Address::of("http://10.0.0.1", true).is_err());
        assert!(Address::of("http://127.0.0.1:9000", false).is_err());
        assert!(Address::of("https://169.254.169.254", true).is_err());
    }

    #[test]
    fn values_of_a_query_cannot_add_to_it() {
        let address = Address::of("https://a.example.com/", false).unwrap();
        assert_eq!(address.at("/p", &[("a", "b&c=d#é")]), "https://a.example.com/p?a=b%26c%3Dd%23%C3%A9");
        assert_eq!(address.at("/p", &[]), "https://a.example.com/p");
    }

    #[tokio::test]
    async fn a_name_that_leads_back_is_not_resolved() {
        assert!(PublicOnly.resolve("localhost".parse().unwrap()).await.is_err());
    }
}
