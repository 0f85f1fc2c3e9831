//! Addresses to which something secret may be sent.

use std::net::IpAddr;

use http::Uri;

/// Whether an address is https, or plain http on the same machine, and contains no user and password.
#[must_use]
pub fn keeps_a_secret(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    !host.is_empty() && !url.contains(['#', '@']) && (scheme == "https" || (scheme == "http" && is_this_machine(host)))
}

/// Whether a host's name is one of this machine, which no name server can change.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
