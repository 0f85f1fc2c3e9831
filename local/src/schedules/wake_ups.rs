//! What the writes of one host mean to whoever delivers and learns in the same process, at once and without a stream.

use std::sync::{Arc, Mutex, PoisonError};

use koogallery_store::WakeUp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Tells what the writes of one host mean to whoever delivers and learns in the same process.
#[derive(Debug, Clone, Default)]
pub struct WakeUps(Arc<Mutex<Vec<UnboundedSender<WakeUp>>>>);

impl WakeUps {
    /// Hears all wake-ups from now on. For what came before, ask the index.
    #[must_use]
    pub fn hear(&self) -> UnboundedReceiver<WakeUp> {
        let (sender, receiver) = unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Tells everybody who hears.
    pub(crate) fn tell(&self, wake_up: &WakeUp) {
        let mut hearing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hearing.retain(|sender| sender.send(wake_up.clone()).is_ok());
    }
}
