//! Erasing personal data in the local host, as the schedule does on AWS; and one instance or license code at once.

use std::time::{Duration, Instant};

use erase_personal_data::Eraser;
use koogallery::{InstanceId, LicenseCode, Timestamp};
use koogallery_runtime::now;
use koogallery_store::{Erased, Gone, Open, Store, StoreError, Subject};
use tokio::sync::oneshot;

/// How often the index is asked for what is due.
const PAUSE: Duration = Duration::from_hours(1);

/// What erases in the background.
#[derive(Debug)]
pub(crate) struct Erasing {
    eraser: Eraser,
    due: Vec<Open>,
}

impl Erasing {
    /// Begins with what is due by now.
    pub(crate) async fn start(eraser: Eraser) -> Result<Self, StoreError> {
        let due = eraser.due().await?;
        Ok(Self { eraser, due })
    }

    /// Erases until told to stop: between any two steps, as what breaks off begins again.
    pub(crate) async fn run(self, mut stop: oneshot::Receiver<()>) {
        let Self { eraser, mut due } = self;
        let forever = async {
            loop {
                if !due.is_empty() {
                    eraser.erase(std::mem::take(&mut due), Instant::now() + PAUSE).await;
                }
                tokio::time::sleep(PAUSE).await;
                match eraser.due().await {
                    Ok(found) => due = found,
                    #[allow(clippy::print_stderr)]
                    Err(error) => eprintln!("personal data is not erased just now: {error}"),
                }
            }
        };
        tokio::select! {
            _ = &mut stop => {}
            () = forever => {}
        }
    }
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// KooGallery may ask for it yet.
    #[error(
        "{0} is not released, and KooGallery may ask for it yet: what is personal of it can be erased once releaseInstance or releaseLicenseCode has come"
    )]
    NotReleased(Subject),
    /// There is no such thing.
    #[error("the table has no {0}")]
    Unknown(Subject),
}

/// Erases what is personal of an instance that is released, however short ago; none where that was done before.
pub async fn erase_instance(store: &Store, id: &InstanceId) -> Result<Option<Gone>, EraseError> {
    erase(store, Subject::Instance(id.clone())).await
}

/// The same of a license code.
pub async fn erase_license(store: &Store, code: &LicenseCode) -> Result<Option<Gone>, EraseError> {
    erase(store, Subject::License(code.clone())).await
}

async fn erase(store: &Store, of: Subject) -> Result<Option<Gone>, EraseError> {
    // By any time: a release may have been signed by a clock that is ahead of this one.
    match store.erase(&of, Timestamp::from_millis(i64::MAX), now()).await? {
        Erased::Done(gone) => Ok(Some(gone)),
        Erased::Before => Ok(None),
        Erased::NotDue => Err(EraseError::NotReleased(of)),
        Erased::Unknown => Err(EraseError::Unknown(of)),
    }
}
