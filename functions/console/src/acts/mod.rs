//! What an operator does: each act asks for a reason, and leads back to the page where it was asked for.

pub(crate) mod debug;
pub(crate) mod demand;
pub(crate) mod erase;
pub(crate) mod event;
pub(crate) mod money;
pub(crate) mod provisioning;
pub(crate) mod statement;
pub(crate) mod supervision;
pub(crate) mod warning;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::texts::{Acts, General};
use crate::view::View;

/// What became of an act, as the address of the next page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Done {
    Resent,
    Discarded,
    AppInfo,
    Failure,
    Erased,
    ErasedBefore,
    Keys,
    NoKeys,
    Ended,
    Unchanged,
    Acknowledged,
    Snoozed,
    Supervised,
    Stepped,
    Entered,
    Explained,
    Forgotten,
    NothingForgotten,
    Imported,
    ImportedBefore,
    ImportedPart,
    RolledBack,
}

/// The part of an address that says it. What nobody knows is left out.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Said {
    done: Option<String>,
}

impl Said {
    /// What a query says that has other members too.
    pub(crate) const fn of(done: Option<String>) -> Self {
        Self { done }
    }
}

impl Done {
    const ALL: [Self; 22] = [
        Self::Resent,
        Self::Discarded,
        Self::AppInfo,
        Self::Failure,
        Self::Erased,
        Self::ErasedBefore,
        Self::Keys,
        Self::NoKeys,
        Self::Ended,
        Self::Unchanged,
        Self::Acknowledged,
        Self::Snoozed,
        Self::Supervised,
        Self::Stepped,
        Self::Entered,
        Self::Explained,
        Self::Forgotten,
        Self::NothingForgotten,
        Self::Imported,
        Self::ImportedBefore,
        Self::ImportedPart,
        Self::RolledBack,
    ];

    /// The path of a page that says it.
    pub(crate) fn to(self, path: &str) -> String {
        format!("{path}?done={}", <&str>::from(self))
    }

    const fn text(self) -> Acts {
        match self {
            Self::Resent => Acts::DoneResent,
            Self::Discarded => Acts::DoneDiscarded,
            Self::AppInfo => Acts::DoneAppInfo,
            Self::Failure => Acts::DoneFailure,
            Self::Erased => Acts::DoneErased,
            Self::ErasedBefore => Acts::DoneErasedBefore,
            Self::Keys => Acts::DoneKeys,
            Self::NoKeys => Acts::DoneNoKeys,
            Self::Ended => Acts::DoneEnded,
            Self::Unchanged => Acts::DoneUnchanged,
            Self::Acknowledged => Acts::DoneAcknowledged,
            Self::Snoozed => Acts::DoneSnoozed,
            Self::Supervised => Acts::DoneSupervised,
            Self::Stepped => Acts::DoneStepped,
            Self::Entered => Acts::DoneEntered,
            Self::Explained => Acts::DoneExplained,
            Self::Forgotten => Acts::DoneForgotten,
            Self::NothingForgotten => Acts::DoneNothingForgotten,
            Self::Imported => Acts::DoneImported,
            Self::ImportedBefore => Acts::DoneImportedBefore,
            Self::ImportedPart => Acts::DoneImportedPart,
            Self::RolledBack => Acts::DoneRolledBack,
        }
    }
}

/// What became of the last act, at the head of a page.
pub(crate) fn said(view: &View, said: &Said) -> Markup {
    let done = said.done.as_deref().and_then(|word| Done::ALL.into_iter().find(|known| <&str>::from(known) == word));
    html! { @if let Some(done) = done { p.done role="status" { (view.say(done.text())) } } }
}

/// The field for the reason that every act asks for.
pub(crate) fn reason_field(view: &View) -> Markup {
    html! {
        label {
            span { (view.say(General::Reason)) }
            input name="reason" required maxlength="255" placeholder=(view.say(General::ReasonHint)) autocomplete="off";
        }
    }
}

/// The box that has to be ticked before what nothing brings back.
pub(crate) fn confirm_field(view: &View) -> Markup {
    html! { label { input type="checkbox" name="confirm" value="true" required; " " (view.say(Acts::Confirm)) } }
}

/// A part of a page in which one act is asked for.
pub(crate) fn act(
    view: &View,
    id: &str,
    title: Acts,
    help: Acts,
    action: &str,
    fields: &Markup,
    danger: bool,
) -> Markup {
    html! {
        details id=(id) {
            summary { (view.say(title)) }
            p.quiet { (view.say(help)) }
            form method="post" action=(view.at(action)) {
                (fields)
                (reason_field(view))
                button class=(if danger { "danger" } else { "main" }) { (view.say(title)) }
            }
        }
    }
}
