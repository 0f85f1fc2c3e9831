//! Letting the keys of the login follow one another in a host, as the schedule does on AWS. Several hosts may do it at once: a key
//! has a number, which is given once.

use std::time::Duration;

use rotate_signing_keys::Rotator;

/// How often it is looked what is due: nothing of it is urgent.
const PAUSE: Duration = Duration::from_hours(1);

/// Rotates now, and then again and again.
pub(crate) async fn run(rotator: &Rotator) -> ! {
    let mut next = tokio::time::interval(PAUSE);
    loop {
        next.tick().await;
        rotator.rotate().await;
    }
}
