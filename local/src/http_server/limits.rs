//! What one caller may cost the host: places, memory and time.

use std::time::Duration;

use koogallery::MAX_KIT_BODY;

/// How much callers may take. The defaults suit a host with 1 GB of memory.
#[derive(Debug, Clone)]
pub struct Limits {
    /// So many connections are open at once. When one more comes, the one that has waited longest is closed.
    pub connections: usize,
    /// But none that has waited for less than this: whoever sends a request at once is answered.
    pub patience: Duration,
    /// A connection stays open for so long without a request. Callers and proxies keep theirs for 60 to 90 seconds. The caller
    /// must close first, or a call that is on its way is lost.
    pub idle: Duration,
    /// The head of a request, from its first byte, and the handshake of TLS may take so long.
    pub head: Duration,
    /// A request's body may take so long.
    pub body: Duration,
    /// The bodies of all requests take so many bytes at once, besides the first 64 KiB of each.
    pub bodies: usize,
    /// A body is read up to so many bytes. What is longer is answered by whoever it is for.
    pub most_bytes: usize,
    /// The head of a request may have so many bytes.
    pub head_bytes: usize,
    /// After the signal to stop, running requests may take so long.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            patience: Duration::from_secs(1),
            idle: Duration::from_mins(2),
            head: Duration::from_secs(10),
            body: Duration::from_secs(20),
            bodies: 128 << 20,
            most_bytes: MAX_KIT_BODY,
            head_bytes: 64 << 10,
            drain: Duration::from_secs(25),
        }
    }
}

/// So many files are for the store, the log and what the host itself calls.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const OTHER_FILES: u64 = 128;

impl Limits {
    /// With no more connections than the process may open files, after that number was raised as far as is allowed.
    #[must_use]
    pub fn within_open_files(self) -> Self {
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

            let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
            // If that is refused, the number as it is counts.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
            let may_open = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
            let left = may_open.saturating_sub(OTHER_FILES).max(may_open / 2);
            let connections = self.connections.min(usize::try_from(left).unwrap_or(usize::MAX));
            Self { connections, ..self }
        }
        #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
        self
    }
}
