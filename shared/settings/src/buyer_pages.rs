//! What the pages of a buyer say that only the seller knows: who sells the product, where help is, how it is renewed, what comes first.

use http::Uri;
use koogallery::Text;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::safe_address::is_this_machine;

/// Whether a product has pages for its buyers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagesSetting {
    /// It has none.
    None,
    /// It has these.
    Pages(Box<BuyerPages>),
}

impl PagesSetting {
    /// The pages, if there are any.
    #[must_use]
    pub fn pages(&self) -> Option<&BuyerPages> {
        match self {
            Self::None => None,
            Self::Pages(pages) => Some(pages),
        }
    }
}

/// The pages of a product's buyers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyerPages {
    /// What buyers call the seller, or the product.
    pub name: InBoth<Text<64>>,
    /// A picture beside the name.
    pub logo: Option<PageAddress>,
    /// Where a buyer asks for help.
    pub support: Support,
    /// Where a buyer renews.
    pub renewal: PageAddress,
    /// What a buyer meets once the instance is ready.
    pub when_ready: WhenReady,
    /// What to do first, in the order to do it.
    pub first_steps: InBoth<Vec<Text<255>>>,
}

/// Something in Chinese and in English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InBoth<T> {
    /// In Chinese.
    pub zh: T,
    /// In English.
    pub en: T,
}

/// What a buyer meets once the instance is ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum WhenReady {
    /// A page with the first steps, and a button that leads to the application.
    #[default]
    Welcome,
    /// The application at once.
    Continue,
}

/// Where a buyer asks for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// A mailbox.
    Mail(String),
    /// A page.
    Page(PageAddress),
}

impl Support {
    /// Reads a mail address or the address of a page.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains("://") {
            return PageAddress::parse(text).map(Self::Page);
        }
        let (name, domain) = text.split_once('@')?;
        let fits = |part: &str, others: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let is_mail = text.len() <= 254 && fits(name, ".+-_") && fits(domain, ".-") && domain.contains('.');
        is_mail.then(|| Self::Mail(text.to_owned()))
    }

    /// Where a link to it leads.
    #[must_use]
    pub fn link(&self) -> String {
        match self {
            Self::Mail(mail) => format!("mailto:{mail}"),
            Self::Page(page) => page.as_str().to_owned(),
        }
    }
}

/// The address of a page or a picture that a browser may be sent to: https, or http on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAddress {
    address: String,
    origin: String,
}

impl PageAddress {
    /// The longest one.
    const LONGEST: usize = 2048;

    /// Reads one. It may have a fragment, but no user or password; its host has only characters that a header may have.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(c);
        if address.len() > Self::LONGEST || !address.chars().all(is_plain) {
            return None;
        }
        let uri: Uri = address.split('#').next()?.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if authority.host().is_empty() || !authority.as_str().chars().all(is_host) {
            return None;
        }
        let host = authority.host().trim_matches(['[', ']']);
        let is_safe = scheme == "https" || (scheme == "http" && is_this_machine(host));
        is_safe.then(|| Self { address: address.to_owned(), origin: format!("{scheme}://{authority}") })
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// What of it a content security policy names.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_may_be_sent_to_is_an_address() {
        for (good, origin) in [
            ("https://console.huaweicloud.com/marketplace/?a=1#/tenant/orders", "https://console.huaweicloud.com"),
            ("https://cdn.example.com:8443/logo.svg", "https://cdn.example.com:8443"),
            ("http://127.0.0.1:8080/logo.png", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            let address = PageAddress::parse(good).unwrap();
            assert_eq!((address.as_str(), address.origin()), (good, origin));
        }
        for bad in [
            "",
            "example.com",
            "/logo.png",
            "http://example.com/",
            "javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "https://user:password@example.com/",
            "https://a.example.com;script-src */",
            "https://a.example.com,b/",
            "https://example.com/ x",
            "https://example.com/\"onerror=",
            "https://例.com/",
            "https:///path",
        ] {
            assert_eq!(PageAddress::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn help_is_by_mail_or_on_a_page() {
        assert_eq!(Support::parse("help+sale@example.com").unwrap().link(), "mailto:help+sale@example.com");
        assert_eq!(Support::parse("https://example.com/help#top").unwrap().link(), "https://example.com/help#top");
        for bad in [
            "",
            "help",
            "@example.com",
            "help@",
            "help@host",
            "a b@example.com",
            "a@b@example.com",
            "a@e.com?cc=b",
            "http://e.com/",
        ] {
            assert_eq!(Support::parse(bad), None, "{bad}");
        }
    }
}
