//! Where the open APIs are: one of KooGallery's sites, or an address from configuration.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

/// KooGallery's sites. A seller belongs to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// China, `mkt.myhuaweicloud.com`.
    China,
    /// China, under its second name, `mkt.myhuaweicloud.cn`.
    ChinaCn,
    /// International, `mkt-intl.myhuaweicloud.com`.
    International,
    /// Europe, `mkt.myhuaweicloud.eu`.
    Europe,
}

impl Site {
    /// Its address.
    #[must_use]
    pub const fn address(self) -> &'static str {
        match self {
            Self::China => "https://mkt.myhuaweicloud.com",
            Self::ChinaCn => "https://mkt.myhuaweicloud.cn",
            Self::International => "https://mkt-intl.myhuaweicloud.com",
            Self::Europe => "https://mkt.myhuaweicloud.eu",
        }
    }
}

/// Scheme, host and port, without a slash at the end. Plain http is allowed only on the same machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is neither a site nor an address that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "give china, china-cn, international or europe, or an address like https://mkt.example.com, without a path; http:// only to a loopback address such as http://127.0.0.1:9001"
)]
pub struct BaseUrlError;

impl BaseUrl {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Site> for BaseUrl {
    fn from(site: Site) -> Self {
        Self(site.address().to_owned())
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;
    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let site = match text {
            "china" => Some(Site::China),
            "china-cn" => Some(Site::ChinaCn),
            "international" => Some(Site::International),
            "europe" => Some(Site::Europe),
            _ => None,
        };
        if let Some(site) = site {
            return Ok(site.into());
        }
        // `Uri` drops a fragment, so the text itself is checked for one.
        let uri: Uri = text.parse().map_err(|_| BaseUrlError)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(BaseUrlError) };
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.contains(['#', '@']);
        let host = authority.host();
        let loopback = || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let safe = *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && loopback());
        if bare && safe && !host.is_empty() { Ok(Self(format!("{scheme}://{authority}"))) } else { Err(BaseUrlError) }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_and_addresses_are_read() {
        for (text, address) in [
            ("china", "https://mkt.myhuaweicloud.com"),
            ("china-cn", "https://mkt.myhuaweicloud.cn"),
            ("international", "https://mkt-intl.myhuaweicloud.com"),
            ("europe", "https://mkt.myhuaweicloud.eu"),
            ("https://mkt.example.com/", "https://mkt.example.com"),
            ("https://mkt.example.com:8443", "https://mkt.example.com:8443"),
            ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
            ("http://[::1]:9001/", "http://[::1]:9001"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_is_unsafe_or_no_address_is_refused() {
        for bad in [
            "",
            "asia",
            "mkt.example.com",
            "http://mkt.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost:9001",
            "ftp://127.0.0.1",
            "https://user@mkt.example.com",
            "https://mkt.example.com/api",
            "https://mkt.example.com?a=1",
            "https://mkt.example.com#a",
            "https://",
        ] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(BaseUrlError), "{bad}");
        }
    }
}
