//! The page of a request that does not go on: what was wrong, and what to do.

use maud::{Markup, html};

use crate::layout;
use crate::stop::Shown;
use crate::texts::{Entry, General, role};
use crate::view::View;

pub(crate) fn page(view: &View, shown: &Shown, request_id: Option<&str>) -> Markup {
    let with = |text, more: &Option<String>| view.fill(text, &[&more.as_deref().unwrap_or_default()]);
    let (title, help) = match shown {
        Shown::NotFound => (General::NotFound, view.say(General::NotFoundHelp).to_owned()),
        Shown::Role(needed) => {
            (General::NotAllowed, view.fill(General::NotAllowedHelp, &[&role(view.language, *needed)]))
        }
        Shown::Invalid(what, more) => (General::Invalid, with(*what, more)),
        Shown::Conflict(what, more) => (General::Conflict, with(*what, more)),
        Shown::CrossSite => (General::Invalid, view.say(General::CrossSite).to_owned()),
        Shown::WrongHost(at) => (General::WrongHost, view.fill(General::WrongHostHelp, &[at])),
        Shown::Failed => (General::Failed, view.fill(General::FailedHelp, &[&request_id.unwrap_or("-")])),
        Shown::Entry(title, help, more) => {
            let help = view.fill(*help, &[&more.as_deref().unwrap_or_default()]);
            let again = !matches!(title, Entry::NeedLink | Entry::LinkUsed);
            let content = html! {
                p { (help) }
                @if again { p { a.button #sign-in href=(view.at("/sign-in")) { (view.say(Entry::SignIn)) } } }
            };
            return layout::page(view, view.say(*title), None, &content);
        }
    };
    let content = html! {
        p #problem { (help) }
        @if view.operator.is_some() { p { a href=(view.at("/")) { (view.say(General::Back)) } } }
    };
    layout::page(view, view.say(title), None, &content)
}
