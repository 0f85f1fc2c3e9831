//! Erasing personal data in the local host, as the schedule does on AWS.

use std::time::{Duration, Instant};

use erase_personal_data::Eraser;
use koogallery_store::{Open, StoreError};
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
