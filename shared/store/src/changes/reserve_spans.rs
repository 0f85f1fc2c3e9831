//! Spans of the records that the seller makes itself. KooGallery counts the first of two records of an instance with the same beginning
//! and end, and drops the other one in silence. So a span belongs to the serial number that came with it first.

use aws_sdk_dynamodb::types::TransactWriteItem;
use koogallery::{InstanceId, Timestamp};
use uuid::Uuid;

use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::transaction::{Hindered, Pauses, write_all};
use crate::table::usage_items::{METERING_SN, RESERVED_BY, reserve_span};

/// The most writes in one transaction.
const MOST_WRITES: usize = 100;

/// The beginning and the end of a record that the seller made, with its serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedSpan {
    /// The instance that used something.
    pub instance_id: InstanceId,
    /// The beginning.
    pub begin: Timestamp,
    /// The end.
    pub end: Timestamp,
    /// The record's serial number, `metering_sn`.
    pub metering_sn: String,
}

/// Spans that were reserved together.
#[derive(Debug)]
pub struct SpansReserved {
    by: Uuid,
    spans: Vec<PushedSpan>,
}

impl Store {
    /// Reserves spans, each for its serial number, or none of them: then it says which ones (their places) belong to other numbers.
    /// A span that its own number has already is no obstacle.
    pub async fn reserve_spans(&self, spans: Vec<PushedSpan>) -> Result<Result<SpansReserved, Vec<usize>>, StoreError> {
        let mut reserved = SpansReserved { by: Uuid::new_v4(), spans: Vec::with_capacity(spans.len()) };
        for (chunk, part) in spans.chunks(MOST_WRITES).enumerate() {
            let taken = self.reserve_together(part, reserved.by).await?;
            if !taken.is_empty() {
                self.give_up_spans(reserved).await?;
                return Ok(Err(taken.into_iter().map(|place| chunk * MOST_WRITES + place).collect()));
            }
            reserved.spans.extend_from_slice(part);
        }
        Ok(Ok(reserved))
    }

    /// Gives these spans up, since KooGallery refused their records. What an earlier call reserved stays.
    pub async fn give_up_spans(&self, reserved: SpansReserved) -> Result<(), StoreError> {
        let SpansReserved { by, spans } = reserved;
        for span in spans {
            let own = Condition::Is(RESERVED_BY, by.to_string().into());
            let key = Key::pushed_span(&span.instance_id, span.begin, span.end).into_item();
            self.delete_alone(Change::new().only_if(own).delete(key)).await?;
        }
        Ok(())
    }

    /// Reserves up to 100 spans. The places of those that belong to other numbers; if there are any, none is reserved.
    async fn reserve_together(&self, spans: &[PushedSpan], by: Uuid) -> Result<Vec<usize>, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let mut request = self.client.transact_write_items();
            for span in spans {
                let free = Condition::Absent("pk");
                let own = Condition::Is(METERING_SN, span.metering_sn.as_str().into());
                let change = reserve_span(&span.metering_sn, span.begin, by).only_if(Condition::Any(vec![free, own]));
                let update = change.of(Key::pushed_span(&span.instance_id, span.begin, span.end));
                let update = update.table_name(&self.table).build()?;
                request = request.transact_items(TransactWriteItem::builder().update(update).build());
            }
            let Err(hindered) = write_all(request).await? else { return Ok(Vec::new()) };
            let refused =
                |(place, hindered): (usize, &Hindered)| matches!(hindered, Hindered::Refused(_)).then_some(place);
            let taken: Vec<usize> = hindered.iter().enumerate().filter_map(refused).collect();
            if !taken.is_empty() {
                return Ok(taken);
            }
            pauses.pause().await?;
        }
    }
}
