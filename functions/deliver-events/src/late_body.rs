//! A request's body that looks at the lease in the moment in which it is written: after the connection stands, and before the first
//! byte is on its way. A host may be paused until then, at any point.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use koogallery_runtime::Held;

/// The body.
#[derive(Debug)]
pub(crate) struct LateBody {
    body: Option<Bytes>,
    length: u64,
    held: Option<Held>,
    needed: Duration,
    is_too_late: Arc<AtomicBool>,
}

/// The lease is nearly over.
#[derive(Debug, thiserror::Error)]
#[error("the lease of the subject is nearly over")]
pub(crate) struct TooLate;

impl LateBody {
    /// A body that is written only if the lease, if there is one, lasts for so long.
    pub(crate) fn new(body: String, held: Option<&Held>, needed: Duration) -> Self {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        Self { body: Some(body.into()), length, held: held.cloned(), needed, is_too_late: Arc::default() }
    }

    /// Becomes true if it was not written because the lease is nearly over.
    pub(crate) fn is_too_late(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_too_late)
    }
}

impl Body for LateBody {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let Some(body) = self.body.take() else { return Poll::Ready(None) };
        if self.held.as_ref().is_some_and(|held| !held.lasts(self.needed)) {
            self.is_too_late.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(TooLate)));
        }
        Poll::Ready(Some(Ok(Frame::data(body))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.body.is_some() { self.length } else { 0 })
    }
}
