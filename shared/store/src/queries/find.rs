//! What a text is the id of.

use koogallery::OrderId;

use crate::model::subject::{INSTANCE, LICENSE, ORDER, Subject, TENANT};
use crate::table::client::{Store, StoreError};
use crate::table::query::Query;
use crate::table::schema::SORT_KEY;

impl Store {
    /// What a text is the id of: instances, license codes, orders (also by an order line) and tenants that the table knows, and what
    /// an event with this id is about.
    pub async fn find(&self, text: &str) -> Result<Vec<Subject>, StoreError> {
        let kinds = [INSTANCE, LICENSE, ORDER, TENANT];
        let mut meant: Vec<Subject> = kinds.iter().filter_map(|kind| format!("{kind}{text}").parse().ok()).collect();
        meant.extend(order_of_line(text).map(Subject::Order));
        let known = futures_util::future::try_join_all(meant.iter().map(|subject| self.is_known(subject))).await?;
        let mut found: Vec<Subject> =
            meant.into_iter().zip(known).filter(|(_, known)| *known).map(|(subject, _)| subject).collect();
        if let Ok(event) = text.parse() {
            found.extend(self.subject_of(event).await?);
        }
        Ok(found)
    }

    /// Whether anything of a subject is in the table.
    async fn is_known(&self, subject: &Subject) -> Result<bool, StoreError> {
        let query = Query::of_partition(subject.partition()).only([SORT_KEY]).to(self);
        Ok(!query.limit(1).send().await?.items().is_empty())
    }
}

/// The order of an order line: KooGallery adds a number to it.
fn order_of_line(text: &str) -> Option<OrderId> {
    let (order, number) = text.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    order.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_order() {
        assert_eq!(order_of_line("CS1-000001").unwrap().as_str(), "CS1");
        for other in ["CS1", "CS1-", "CS1-a", "-000001", ""] {
            assert!(order_of_line(other).is_none(), "{other}");
        }
    }
}
