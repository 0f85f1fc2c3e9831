//! How a page looks. It has no script, and loads nothing but its style and the seller's logo.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::Language;
use koogallery_settings::BuyerPages;
use maud::{DOCTYPE, Markup, html};

use crate::dates::written;
use crate::shown::Shown;
use crate::style;
use crate::texts::{self, Text};

/// What a page of an instance says beside its texts. There is nothing of the buyer in it.
pub(crate) struct Facts<'a> {
    /// The seller's part.
    pub(crate) pages: &'a BuyerPages,
    /// What the plan is called.
    pub(crate) plan: Option<&'a str>,
    /// The end of the paid period.
    pub(crate) expires_at: Option<Timestamp>,
    /// How long KooGallery keeps what has expired.
    pub(crate) retention: Option<Duration>,
}

/// The page of an instance.
pub(crate) fn of_instance(language: Language, shown: Shown<'_>, facts: &Facts<'_>) -> Markup {
    let (title, help) = words(shown);
    let pages = facts.pages;
    let date = |at: Option<Timestamp>| at.and_then(|at| written(language, at));
    let name = match language {
        Language::Chinese => &pages.name.zh,
        Language::English => &pages.name.en,
    };
    let content = html! {
        h1 { (title.of(language)) }
        p { (help.of(language)) }
        @match shown {
            Shown::Preparing => p { a.main href="" { (texts::LOOK_AGAIN.of(language)) } },
            Shown::Failed | Shown::Continue(_) => {},
            Shown::Welcome(app) => {
                p { a.main href=(app) { (texts::ENTER.of(language)) } }
                (steps(language, pages))
                (facts_of(language, &[(texts::PLAN, facts.plan.map(str::to_owned)), (texts::PAID_UNTIL, date(facts.expires_at))]))
            },
            Shown::Expired => {
                (facts_of(language, &[(texts::PLAN, facts.plan.map(str::to_owned)), (texts::EXPIRED_AT, date(facts.expires_at))]))
                p { (kept(language, facts)) }
                p { a.main href=(pages.renewal.as_str()) { (texts::RENEW.of(language)) } }
            },
            Shown::Suspended => p { a href=(pages.renewal.as_str()) { (texts::ORDERS.of(language)) } },
        }
    };
    let header = html! {
        header {
            @if let Some(logo) = &pages.logo { img src=(logo.as_str()) alt=""; }
            strong { (name.as_str()) }
        }
    };
    let support = html! { a href=(pages.support.link()) { (texts::SUPPORT.of(language)) } };
    whole(language, &format!("{} – {}", title.of(language), name.as_str()), &header, &content, &support)
}

/// A page that says only that there is none, or none now.
pub(crate) fn without_instance(language: Language, title: Text, help: Text) -> Markup {
    let content = html! { h1 { (title.of(language)) } p { (help.of(language)) } };
    whole(language, title.of(language), &html! {}, &content, &html! {})
}

const fn words(shown: Shown<'_>) -> (Text, Text) {
    match shown {
        Shown::Preparing => (texts::PREPARING, texts::PREPARING_HELP),
        Shown::Failed => (texts::FAILED, texts::FAILED_HELP),
        Shown::Welcome(_) | Shown::Continue(_) => (texts::WELCOME, texts::WELCOME_HELP),
        Shown::Expired => (texts::EXPIRED, texts::EXPIRED_HELP),
        Shown::Suspended => (texts::SUSPENDED, texts::SUSPENDED_HELP),
    }
}

fn steps(language: Language, pages: &BuyerPages) -> Markup {
    let steps = match language {
        Language::Chinese => &pages.first_steps.zh,
        Language::English => &pages.first_steps.en,
    };
    html! {
        @if !steps.is_empty() {
            h2 { (texts::FIRST_STEPS.of(language)) }
            ol { @for step in steps { li { (step.as_str()) } } }
        }
    }
}

fn facts_of(language: Language, facts: &[(Text, Option<String>)]) -> Markup {
    html! {
        @if facts.iter().any(|(_, value)| value.is_some()) {
            dl {
                @for (name, value) in facts {
                    @if let Some(value) = value { dt { (name.of(language)) } dd { (value) } }
                }
            }
        }
    }
}

/// How long the data is there. The date is told only if the seller told how many days KooGallery waits.
fn kept(language: Language, facts: &Facts<'_>) -> String {
    let until = facts.expires_at.zip(facts.retention).map(|(expiry, days)| expiry.saturating_add(days));
    match until.and_then(|until| written(language, until)) {
        Some(until) => texts::KEPT_UNTIL.with(language, &until),
        None => texts::KEPT_FOR_SOME_TIME.of(language).to_owned(),
    }
}

fn whole(language: Language, title: &str, header: &Markup, content: &Markup, support: &Markup) -> Markup {
    let (other, query, name) = match language {
        Language::Chinese => (Language::English, "?lang=en", "English"),
        Language::English => (Language::Chinese, "?lang=zh", "中文"),
    };
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href=(style::PATH.trim_start_matches('/'));
                link rel="icon" href="data:,";
            }
            body {
                (header)
                main { (content) }
                footer { (support) a href=(query) lang=(other.tag()) hreflang=(other.tag()) { (name) } }
            }
        }
    }
}
