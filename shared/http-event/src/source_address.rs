//! The address from which a request came, as the one who received it saw it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The network from which a request came: an IPv4 address, or the /64 of an IPv6 address, which one caller has for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceAddress(IpAddr);

impl From<IpAddr> for SourceAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            IpAddr::V4(address) => address.into(),
        })
    }
}

impl SourceAddress {
    /// Reads an address. Returns none for a text that is not one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        text.trim().parse::<IpAddr>().ok().map(Self::from)
    }

    /// Whether the request came from the same machine, for example through a proxy on it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        // The /64 of ::1 is that of the unspecified address: nothing else comes from it.
        self.0.is_loopback() || self.0.is_unspecified()
    }
}

impl fmt::Display for SourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_has_one_source() {
        let read = |text| SourceAddress::read(text);
        assert_eq!(read("2001:db8:1:2::7"), read(" 2001:db8:1:2:ffff::1"));
        assert_ne!(read("2001:db8:1:2::7"), read("2001:db8:1:3::7"));
        assert_eq!(read("::ffff:192.0.2.1"), read("192.0.2.1"));
        assert_ne!(read("192.0.2.1"), read("192.0.2.2"));
        for (text, is_loopback) in [("127.0.0.1", true), ("::1", true), ("192.0.2.1", false), ("2001:db8::1", false)] {
            assert_eq!(read(text).unwrap().is_loopback(), is_loopback, "{text}");
        }
        for bad in ["", "unknown", "192.0.2.1:80"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
