//! How a page is shown to its reader: language, zone, who reads it, and the addresses of other pages.

use std::fmt::Display;
use std::sync::Arc;

use http::HeaderMap;
use http::header::COOKIE;
use koogallery::{ResultCode, Text, Timestamp};
use koogallery_runtime::Language;
use koogallery_store::{About, Actor, HandleDigest, Subject, Via};
use koogallery_waiting::{Zone, filled, meaning, name_of, name_of_about, path_of};
use maud::{Markup, html};
use serde_json::Value;

use crate::access::Role;
use crate::texts::Says;

/// The cookie with the language: `zh` or `en`.
pub(crate) const LANGUAGE: &str = "koogallery-console-language";
/// The cookie with the zone, such as `+08:00`.
pub(crate) const ZONE: &str = "koogallery-console-zone";

/// The member of a change of a customer demand that names somebody.
const NAMING: &str = "customerId";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    /// Who: as the audit names the person.
    pub(crate) by: Text<128>,
    pub(crate) role: Role,
    /// The session.
    pub(crate) session: HandleDigest,
}

/// How a page is shown.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) language: Language,
    pub(crate) zone: Zone,
    pub(crate) now: Timestamp,
    /// None where nobody is signed in.
    pub(crate) operator: Option<Operator>,
    /// What the paths of all pages begin with; empty where the console is alone at its address.
    pub(crate) base: Arc<str>,
    /// The path of this page, with its query.
    pub(crate) here: String,
}

/// The value of a request's cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The language that the reader chose, or that the browser prefers.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    match cookie(headers, LANGUAGE) {
        Some("zh") => Language::Chinese,
        Some("en") => Language::English,
        _ => Language::of(headers),
    }
}

/// The zone that the reader chose.
pub(crate) fn zone(headers: &HeaderMap) -> Zone {
    cookie(headers, ZONE).and_then(Zone::parse).unwrap_or_default()
}

impl View {
    /// A text in the reader's language.
    pub(crate) fn say(&self, text: impl Says) -> &'static str {
        text.say(self.language)
    }

    /// A text with values in its places.
    pub(crate) fn fill(&self, text: impl Says, values: &[&dyn Display]) -> String {
        filled(text.say(self.language), values)
    }

    /// The address of a page, from a path such as `/orders`.
    pub(crate) fn at(&self, path: impl Display) -> String {
        let address = format!("{}{path}", self.base);
        // Below a path, the home page is that path itself.
        if self.base.is_empty() { address } else { address.trim_end_matches('/').to_owned() }
    }

    /// Whether the reader may do what this role may.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.operator.as_ref().is_some_and(|operator| operator.role >= role)
    }

    /// Who acts, and why.
    pub(crate) fn actor(&self, reason: Option<Text<255>>) -> Option<Actor> {
        Some(Actor { by: self.operator.as_ref()?.by.clone(), via: Via::Console, reason })
    }

    /// A time.
    pub(crate) fn time(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at.to_rfc_3339()) { (self.zone.write(self.language, at)) } }
    }

    /// A result code, and what it means.
    pub(crate) fn code(&self, code: ResultCode) -> Markup {
        html! { (code) " " span.quiet { (meaning(self.language, code)) } }
    }

    /// A time in a sentence.
    pub(crate) fn told(&self, at: Timestamp) -> String {
        self.zone.write(self.language, at)
    }

    /// The same of what may have no page: then only its name.
    pub(crate) fn link_about(&self, about: &About) -> Markup {
        match about {
            About::Subject(subject) => self.link(subject),
            About::Demand(id) => html! { a href=(self.at(format_args!("/demands/{id}"))) { (id) } },
            About::Callback(_) => html! { a href=(self.at("/probes")) { (name_of_about(about)) } },
            other => html! { (name_of_about(other)) },
        }
    }

    /// A link to the page of what something is about.
    pub(crate) fn link(&self, subject: &Subject) -> Markup {
        html! { a href=(self.at(path_of(subject))) { (name_of(subject)) } }
    }
}

/// What changed, as JSON, without the member that names a customer.
pub(crate) fn changed(part: Option<&Value>) -> Option<String> {
    let mut part = part?.clone();
    if let Value::Object(members) = &mut part {
        members.remove(NAMING);
    }
    Some(part.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_by_their_whole_names() {
        let headers = HeaderMap::from_iter([(COOKIE, "a=1; koogallery-console-zone=+01:00; xa=2".parse().unwrap())]);
        assert_eq!((cookie(&headers, "a"), cookie(&headers, "b")), (Some("1"), None));
        assert_eq!(zone(&headers).name(), "+01:00");
        assert_eq!(language(&headers), Language::Chinese);
    }
}
