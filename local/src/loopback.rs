//! Which hosts are this machine: there alone something may be sent in the clear, or opened to everybody.

use std::net::IpAddr;

use reqwest::Url;

/// Whether a host, as an address or a header names it, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The same of an address's host.
pub(crate) fn is_on_this_machine(address: &Url) -> bool {
    address.host_str().is_some_and(is_loopback)
}
