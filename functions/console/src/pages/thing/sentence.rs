//! What follows from the facts of a life, in a sentence.

use koogallery_store::{FreezeCause, Instance, Lifecycle, Status};
use koogallery_waiting::{PATIENCE, explained};
use maud::{Markup, html};

use crate::texts::Facts;
use crate::view::View;

/// The sentence for a life; of an instance also what it waits for.
pub(super) fn of(view: &View, life: &Lifecycle, instance: Option<&Instance>) -> Markup {
    let until = life.expire_time.map(koogallery::ExpireTime::timestamp);
    let told = |at| view.told(at);
    let first = match (life.status, life.freeze_cause) {
        (Status::Provisioning, _) => {
            let failure = instance.and_then(|instance| instance.provisioning_failure.as_ref());
            if let Some(failure) = failure {
                view.fill(Facts::Failing, &[&explained(view.language, failure.reply().result_code)])
            } else {
                let since = life.created_at;
                view.fill(Facts::Provisioning, &[&told(since), &told(since.saturating_add(PATIENCE))])
            }
        }
        (Status::Active, _) => match until {
            Some(until) if until < view.now => view.fill(Facts::ActiveOver, &[&told(until)]),
            Some(until) => view.fill(Facts::ActiveUntil, &[&told(until)]),
            None => view.say(Facts::Active).to_owned(),
        },
        (Status::Frozen, Some(FreezeCause::Expired)) => {
            view.fill(Facts::FrozenExpired, &[&until.map_or_else(|| "-".to_owned(), told)])
        }
        (Status::Frozen, _) => view.say(Facts::FrozenSuspended).to_owned(),
        (Status::Released, _) => view.fill(Facts::Released, &[&life.released_at.map_or_else(|| "-".to_owned(), told)]),
    };
    html! {
        p.says {
            (first)
            @if let Some(at) = life.erased_at { " " (view.fill(Facts::Erased, &[&told(at)])) }
        }
    }
}
