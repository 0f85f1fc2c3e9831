//! A new version of the settings: it takes the place of the one that its author saw, or nothing is written.

use koogallery::{Text, Timestamp};
use serde_json::json;

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::settings::KeptSettings;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::transaction::{Commit, Pauses, Transaction, version};

/// What became of a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsKept {
    /// It is the current one.
    Done(Box<KeptSettings>),
    /// Somebody wrote another version meanwhile: its number.
    Outdated(u64),
}

/// The writes of the transaction, in this order.
const CURRENT: usize = 0;

impl Store {
    /// Keeps a new version of the settings in place of the version `expected`; 0 if there was none. The version, its place in the
    /// history and the record of who wrote it are one transaction.
    pub async fn keep_settings(
        &self,
        document: &str,
        expected: u64,
        (actor, reason): (&Actor, &Text<255>),
        now: Timestamp,
    ) -> Result<SettingsKept, StoreError> {
        let kept = KeptSettings {
            version: expected.saturating_add(1),
            document: document.to_owned(),
            by: actor.by.clone(),
            reason: reason.clone(),
            at: now,
        };
        let actor = Actor { reason: Some(reason.clone()), ..actor.clone() };
        let action = Action::new(&actor, Action::SETTINGS_APPLIED, About::Deployment, now)
            .from(json!({ "version": expected }))
            .to(json!({ "version": kept.version }));
        let item = |key: Key| -> Result<Item, StoreError> {
            let mut item: Item = serde_dynamo::to_item(&kept)?;
            item.extend(key.into_item());
            Ok(item)
        };
        let call = Call::own(now);
        let mut pauses = Pauses::new();
        loop {
            let commit = Transaction::new(self, &call)?
                .replace(item(Key::settings())?, expected)?
                .create(item(Key::settings_version(kept.version))?)?
                .acted(&action)?
                .commit()
                .await?;
            match commit {
                Commit::Done | Commit::Replayed => return Ok(SettingsKept::Done(Box::new(kept))),
                Commit::Refused { place: CURRENT, standing } => {
                    return Ok(SettingsKept::Outdated(standing.as_ref().map(version).unwrap_or_default()));
                }
                Commit::Refused { .. } => {
                    return Err(StoreError::Unreadable(format!(
                        "the settings have a version {} in their history that was never the current one",
                        kept.version
                    )));
                }
                Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}
