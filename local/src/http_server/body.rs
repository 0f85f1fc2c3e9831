//! Reads the body of a request before anything else is done with it, so that a slow caller costs no more than its bytes and
//! some time.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;

/// So many bytes of each body are free: most calls have far fewer.
const FREE: usize = 64 << 10;

/// Why a request came without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Its caller broke off.
    #[error("the body was cut off")]
    Cut,
    /// Its caller took too long.
    #[error("the body did not come in time")]
    Slow,
    /// The bodies of others take all the memory that there is for them.
    #[error("too many large bodies come at once")]
    NoRoom,
}

impl Unread {
    /// The HTTP status, where no protocol says another.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Cut => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The memory for bodies, of which each byte beyond the free ones takes one.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// What a body takes of it, until the request is answered.
pub(super) type Taken = Option<Arc<OwnedSemaphorePermit>>;

impl Room {
    pub(super) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Semaphore::new(limits.bodies.min(Semaphore::MAX_PERMITS))))
    }

    /// Reads a body, but not much more than the most bytes that there may be: who is behind refuses what is longer.
    pub(super) async fn read(&self, body: Incoming, limits: &Limits) -> Result<(Bytes, Taken), Unread> {
        let mut waits = false;
        let reading = self.whole(body, limits.most_bytes, &mut waits);
        let read = tokio::time::timeout(limits.body, reading).await;
        read.unwrap_or(Err(if waits { Unread::NoRoom } else { Unread::Slow }))
    }

    async fn whole(&self, mut body: Incoming, most: usize, waits: &mut bool) -> Result<(Bytes, Taken), Unread> {
        let (mut bytes, mut taken): (BytesMut, Option<OwnedSemaphorePermit>) = (BytesMut::new(), None);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Cut)?.into_data() else { continue };
            let beyond = (bytes.len() + data.len()).saturating_sub(bytes.len().max(FREE));
            if beyond > 0 {
                *waits = true;
                let more = u32::try_from(beyond).unwrap_or(u32::MAX);
                let more = Arc::clone(&self.0).acquire_many_owned(more).await.map_err(|_| Unread::NoRoom)?;
                *waits = false;
                match &mut taken {
                    Some(taken) => taken.merge(more),
                    None => taken = Some(more),
                }
            }
            bytes.extend_from_slice(&data);
            if bytes.len() > most {
                break;
            }
        }
        Ok((bytes.freeze(), taken.map(Arc::new)))
    }
}
