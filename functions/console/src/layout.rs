//! What all pages have around their content: the way to other pages, the search, language and zone.

use koogallery_runtime::Language;
use koogallery_waiting::Zone;
use maud::{DOCTYPE, Markup, html};

use crate::access::Role;
use crate::style;
use crate::texts::{General, role};
use crate::view::View;

/// The pages that every page leads to, and who may open them.
const NAVIGATION: [(&str, General, Role); 16] = [
    ("/", General::Home, Role::Viewer),
    ("/instances", General::Instances, Role::Viewer),
    ("/orders", General::Orders, Role::Viewer),
    ("/supervision", General::Supervision, Role::Viewer),
    ("/demands", General::Demands, Role::Viewer),
    ("/money", General::Money, Role::Viewer),
    ("/events", General::Events, Role::Viewer),
    ("/warnings", General::Warnings, Role::Viewer),
    ("/tenants", General::Tenants, Role::Viewer),
    ("/license-requests", General::LicenseRequests, Role::Viewer),
    ("/jobs", General::Jobs, Role::Viewer),
    ("/figures", General::Figures, Role::Viewer),
    ("/keys", General::Keys, Role::Viewer),
    ("/product-settings", General::ProductSettings, Role::Viewer),
    ("/audit", General::Audit, Role::Viewer),
    ("/sessions", General::Sessions, Role::Administrator),
];

/// A whole page. `again` lets the browser ask for it again after so many seconds.
pub(crate) fn page(view: &View, title: &str, again: Option<u32>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(view.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(seconds) = again { meta http-equiv="refresh" content=(seconds); }
                title { (title) " – " (view.say(General::Console)) }
                link rel="stylesheet" href=(view.at(&*style::PATH));
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { (view.say(General::SkipToContent)) }
                header {
                    a.name href=(view.at("/")) { (view.say(General::Console)) }
                    @if view.operator.is_some() { (navigation(view)) (search(view, "")) }
                }
                main #content { h1 { (title) } (content) }
                (foot(view))
            }
        }
    }
}

fn navigation(view: &View) -> Markup {
    let path = view.here.split('?').next().unwrap_or("/");
    let is_here = |to: &str| if to == "/" { path == "/" } else { path == to || path.starts_with(&format!("{to}/")) };
    html! {
        nav aria-label=(view.say(General::Navigation)) {
            ul {
                @for (to, name, role) in NAVIGATION {
                    @if view.may(role) {
                        li { a href=(view.at(to)) aria-current=[is_here(to).then_some("page")] { (view.say(name)) } }
                    }
                }
            }
        }
    }
}

/// The form that finds something by any of its ids.
pub(crate) fn search(view: &View, typed: &str) -> Markup {
    html! {
        form.search role="search" action=(view.at("/find")) {
            input type="search" name="q" value=(typed) required maxlength="128" aria-label=(view.say(General::Search))
                placeholder=(view.say(General::SearchHint));
            button { (view.say(General::Search)) }
        }
    }
}

fn foot(view: &View) -> Markup {
    let languages = [(Language::Chinese, "zh", "中文"), (Language::English, "en", "English")];
    html! {
        footer {
            form method="post" action=(view.at("/settings")) {
                input type="hidden" name="to" value=(view.here);
                label {
                    span { (view.say(General::Language)) }
                    select name="language" {
                        @for (language, value, name) in languages {
                            option value=(value) lang=(language.tag()) selected[language == view.language] { (name) }
                        }
                    }
                }
                label {
                    span { (view.say(General::Zone)) }
                    select name="zone" {
                        @for zone in Zone::all() {
                            option value=(zone.name()) selected[zone == view.zone] { "UTC" (zone.name()) }
                        }
                    }
                }
                button { (view.say(General::Apply)) }
            }
            @if let Some(operator) = &view.operator {
                form method="post" action=(view.at("/sign-out")) {
                    span { (view.fill(General::SignedInAs, &[&operator.by.as_str(), &role(view.language, operator.role)])) }
                    button { (view.say(General::SignOut)) }
                }
            }
        }
    }
}

/// A cell of a table. On a small screen its head stands before it.
pub(crate) fn cell(head: &str, content: &Markup) -> Markup {
    html! { td data-label=(head) { (content) } }
}

/// A table with these heads, and a row for each member; or the sentence that there is nothing.
pub(crate) fn table(view: &View, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        @if rows.is_empty() { p { (view.say(General::Nothing)) } } @else {
            div.table {
                table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody {
                        @for row in rows {
                            tr { @for (head, content) in heads.iter().zip(row) { (cell(head, content)) } }
                        }
                    }
                }
            }
        }
    }
}
