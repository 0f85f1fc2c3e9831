//! What waits for somebody: each source gives its items, and the home page shows them, the most urgent first.

mod events;
mod failed_calls;
mod jobs;
mod keys;
mod licenses;
mod money;
mod probes;
mod provisioning;
mod usage;
mod warnings;

use koogallery::Timestamp;

pub(crate) use provisioning::PATIENCE;

use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::View;

/// Of each source at most so many items are shown.
pub(crate) const MOST: usize = 10;
/// The same of each shard of the index of open things.
const MOST_OF_SHARD: i32 = 10;

/// Something that waits for somebody.
pub(crate) struct Waiting {
    /// What, in a sentence.
    pub(crate) what: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// By when somebody has to act; none if nothing happens by itself.
    pub(crate) deadline: Option<Timestamp>,
    /// What to do, and the path of the page where it is done.
    pub(crate) act: (Home, String),
}

/// All that waits, the most urgent first, and whether there is more of a kind.
pub(crate) async fn all(console: &Console, view: &View) -> Result<(Vec<Waiting>, bool), Failure> {
    let ((warnings, is_whole), failed, provisioning, parked, late, usage, backlog, probes, licenses, money, jobs, keys) =
        futures_util::try_join!(
            warnings::list(console, view),
            failed_calls::list(console, view),
            provisioning::list(console, view),
            events::parked(console, view),
            events::late(console, view),
            usage::parked(console, view),
            usage::late(console, view),
            probes::list(console, view),
            licenses::list(console, view),
            money::list(console, view),
            jobs::list(console, view),
            keys::list(console, view),
        )?;
    let (mut all, mut is_cut) = (Vec::new(), !is_whole);
    for mut source in
        [warnings, failed, provisioning, parked, late, usage, backlog, probes, licenses, money, jobs, keys]
    {
        is_cut |= source.len() > MOST;
        source.truncate(MOST);
        all.extend(source);
    }
    all.sort_by_key(|waiting| (waiting.deadline.is_none(), waiting.deadline, waiting.since));
    Ok((all, is_cut))
}
