//! The events that a request names, to deliver them once more or to give them up.

use koogallery_store::{EventRecord, Subject};
use uuid::Uuid;

use crate::SellerApi;
use crate::problem::{Kind, Problem};

impl SellerApi {
    /// Finds 1 to 100 events, all of them before anything is done with the first. Without a subject, their ids lead to them.
    pub(crate) async fn chosen_events(&self, of: Option<&Subject>, ids: &[Uuid]) -> Result<Vec<EventRecord>, Problem> {
        if !(1..=100).contains(&ids.len()) {
            return Err(Problem::new(Kind::Invalid, "eventIds: give 1 to 100 ids"));
        }
        let mut events = Vec::with_capacity(ids.len());
        for id in ids {
            let event = match of {
                Some(subject) => self.store().event(subject, *id).await?,
                None => self.store().find_event(*id).await?,
            };
            events.push(event.ok_or_else(|| Problem::unknown("event"))?);
        }
        Ok(events)
    }
}
