//! The current settings of products, as a function has them: read from the table, and kept for 30 seconds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use koogallery::Timestamp;
use koogallery_settings::SettingsDocument;
use koogallery_store::{KeptSettings, Store, StoreError};
use tokio::sync::Mutex;

use crate::clock::Clock;

/// A new version holds everywhere after so long.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// So long a read may take where older settings are held: a table that hangs must not cost a call its deadline.
const READ_TIME: Duration = Duration::from_secs(1);
/// So many earlier versions are tried for one that this version can read.
const LOOKED_BACK: u64 = 20;

/// The settings that hold now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CurrentSettings {
    /// The version; 0 if nobody wrote one.
    pub version: u64,
    /// What it says.
    pub document: SettingsDocument,
    /// Why an older version than the current one is used, if one is.
    pub kept_because: Option<String>,
}

/// Where the current settings are read.
pub struct SettingsSource {
    clock: Clock,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    current: Arc<CurrentSettings>,
    read_at: Timestamp,
}

impl fmt::Debug for SettingsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsSource").finish_non_exhaustive()
    }
}

impl Held {
    /// Whether it may be used without another look. A clock that went back says nothing about its age.
    fn is_good(&self, now: Timestamp) -> bool {
        now >= self.read_at && now.since(self.read_at) < GOOD_FOR
    }
}

impl SettingsSource {
    /// One by this clock. It reads nothing yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, held: Mutex::new(None) }
    }

    /// The settings, read at most 30 s ago. If the table cannot be read, or has what this version cannot read, those stay that were
    /// held; [`CurrentSettings::kept_because`] says so. Fails only if the table cannot be read and none are held.
    pub async fn current(&self, store: &Store) -> Result<Arc<CurrentSettings>, StoreError> {
        let now = (self.clock)();
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.is_good(now)) {
            return Ok(Arc::clone(&held.current));
        }
        let current = match held.as_ref() {
            None => first(store).await?,
            Some(held) => next(store, &held.current).await,
        };
        *held = Some(Held { current: Arc::clone(&current), read_at: now });
        Ok(current)
    }

    /// Has them read again for the next question, because this process wrote others. They stay for a table that cannot be read.
    pub async fn outdate(&self) {
        if let Some(held) = &mut *self.held.lock().await {
            held.read_at = Timestamp::from_millis(i64::MIN);
        }
    }
}

/// The settings of a function that has none yet. If it cannot read the current version, it takes the latest one that it can read.
async fn first(store: &Store) -> Result<Arc<CurrentSettings>, StoreError> {
    let Some(kept) = store.settings().await? else { return Ok(Arc::default()) };
    let problem = match read(&kept) {
        Ok(current) => return Ok(current),
        Err(problem) => problem,
    };
    let earlier = (kept.version.saturating_sub(LOOKED_BACK).max(1)..kept.version).rev();
    for version in earlier {
        if let Some(Ok(current)) = store.settings_version(version).await?.as_ref().map(read) {
            return Ok(instead(&current, &problem));
        }
    }
    Ok(instead(&CurrentSettings::default(), &problem))
}

/// The settings of a function that holds some.
async fn next(store: &Store, held: &Arc<CurrentSettings>) -> Arc<CurrentSettings> {
    match tokio::time::timeout(READ_TIME, store.settings()).await {
        Ok(Ok(None)) => Arc::default(),
        Ok(Ok(Some(kept))) if kept.version == held.version && held.kept_because.is_none() => Arc::clone(held),
        Ok(Ok(Some(kept))) => read(&kept).unwrap_or_else(|problem| instead(held, &problem)),
        Ok(Err(error)) => instead(held, &error.to_string()),
        Err(_) => instead(held, "the store did not answer in time"),
    }
}

fn read(kept: &KeptSettings) -> Result<Arc<CurrentSettings>, String> {
    match SettingsDocument::parse(&kept.document) {
        Ok(document) => Ok(Arc::new(CurrentSettings { version: kept.version, document, kept_because: None })),
        Err(refused) => Err(format!("version {} cannot be read: {refused}", kept.version)),
    }
}

/// An older version in place of the current one.
fn instead(held: &CurrentSettings, problem: &str) -> Arc<CurrentSettings> {
    let kept_because = Some(format!("version {} of the settings stays in use: {problem}", held.version));
    Arc::new(CurrentSettings { kept_because, ..held.clone() })
}
