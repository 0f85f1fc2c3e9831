//! The language of who reads a page: Chinese or English.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// A reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The one of the two that the browser prefers; Chinese if it says neither.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let quality = |language: &str| {
            let ranges = wanted.split(',').map(str::trim);
            let fitting = ranges.filter(|range| range.to_ascii_lowercase().starts_with(language));
            let quality = |range: &str| match range.split_once(";q=") {
                Some((_, quality)) => quality.trim().parse::<f32>().unwrap_or_default(),
                None => 1.0,
            };
            fitting.map(quality).fold(0.0, f32::max)
        };
        if quality("en") > quality("zh") { Self::English } else { Self::Chinese }
    }

    /// Its tag in HTML: `zh-CN`, `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// Both, this one first.
    #[must_use]
    pub const fn both(self) -> [Self; 2] {
        match self {
            Self::Chinese => [Self::Chinese, Self::English],
            Self::English => [Self::English, Self::Chinese],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Language {
        Language::of(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, text.parse().unwrap())]))
    }

    #[test]
    fn the_readers_language_comes_first() {
        assert_eq!(wanted("en-GB,en;q=0.9,zh;q=0.5"), Language::English);
        assert_eq!(wanted("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(wanted("de,en;q=0.4"), Language::English);
        for neither in ["", "de", "*", "en;q=x"] {
            assert_eq!(wanted(neither), Language::Chinese, "{neither}");
        }
    }
}
