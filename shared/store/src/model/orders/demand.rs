//! Customer demands (客户需求管理) and the private offers (专属优惠) that come of them. KooGallery tells them by no call: a person enters
//! them.

use std::time::Duration;

use koogallery::{OrderId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use strum::VariantArray;
use uuid::Uuid;

use crate::model::warning::{Cause, Raise};

const DAY: Duration = Duration::from_hours(24);

/// The state of a demand, as Seller Console shows it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum DemandState {
    /// 待接收: it waits to be received, for five days at most.
    Waiting,
    /// 需求转化中: the seller received it, and works on an offer.
    Converting,
    /// A private offer was created for it.
    Offered,
    /// 需求成交: an order came of it.
    Won,
    /// 已拒绝: the seller rejected it.
    Rejected,
    /// KooGallery closed it: nobody received it in time.
    Closed,
    /// Nothing came of it.
    Lost,
}

impl DemandState {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether nothing more happens.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Won | Self::Rejected | Self::Closed | Self::Lost)
    }

    /// Whether `next` follows.
    #[must_use]
    pub const fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Waiting => matches!(next, Self::Converting | Self::Rejected | Self::Closed),
            Self::Converting => matches!(next, Self::Offered | Self::Won | Self::Lost),
            Self::Offered => matches!(next, Self::Won | Self::Lost),
            Self::Won | Self::Rejected | Self::Closed | Self::Lost => false,
        }
    }
}

/// A customer demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerDemand {
    /// Its id here.
    pub demand_id: Uuid,
    /// Its number in Seller Console, or what else names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text<64>>,
    /// The product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Text<64>>,
    /// When the partner submitted it.
    pub submitted_at: Timestamp,
    /// Its state.
    pub state: DemandState,
    /// Since when.
    pub since: Timestamp,
    /// What the private offer is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Text<64>>,
    /// What it costs: a decimal number, such as `8800.00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Text<25>>,
    /// The customer that it was made for: the account's id, not a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Text<64>>,
    /// The order that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// What else there is to say. Write no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<255>>,
}

/// What a person changes of a demand. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemandChange {
    /// The next state.
    pub state: Option<DemandState>,
    /// When it changed.
    pub at: Option<Timestamp>,
    /// What the private offer is called.
    pub offer: Option<Text<64>>,
    /// What it costs.
    pub price: Option<Text<25>>,
    /// The customer.
    pub customer_id: Option<Text<64>>,
    /// The order that came of it.
    pub order_id: Option<OrderId>,
    /// What else there is to say.
    pub note: Option<Text<255>>,
}

/// Why a demand cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemandError {
    /// The state does not follow.
    #[error("`{to}` does not follow `{from}`")]
    DoesNotFollow {
        /// The state.
        from: DemandState,
        /// The other one.
        to: DemandState,
    },
    /// An order comes of a demand that was won, and of no other.
    #[error("a demand that is `won` needs the order that came of it, and only that one has one")]
    Order,
    /// Times go on.
    #[error("the demand has been in its state since a later time: check the time")]
    Time,
}

impl CustomerDemand {
    /// Changes it. Returns whether anything is new.
    pub fn change(&mut self, change: DemandChange, now: Timestamp) -> Result<bool, DemandError> {
        let before = self.clone();
        let mut after = self.clone();
        if let Some(to) = change.state.filter(|to| *to != after.state) {
            if !after.state.leads_to(to) {
                return Err(DemandError::DoesNotFollow { from: after.state, to });
            }
            let at = change.at.unwrap_or(now);
            if at < after.since {
                return Err(DemandError::Time);
            }
            (after.state, after.since) = (to, at);
        }
        after.offer = change.offer.or(after.offer);
        after.price = change.price.or(after.price);
        after.customer_id = change.customer_id.or(after.customer_id);
        after.order_id = change.order_id.or(after.order_id);
        after.note = change.note.or(after.note);
        if (after.state == DemandState::Won) != after.order_id.is_some() {
            return Err(DemandError::Order);
        }
        *self = after;
        Ok(*self != before)
    }

    /// What is to be raised, and when, as long as nothing more happens.
    #[must_use]
    pub fn warnings(&self) -> Vec<Raise> {
        if self.state != DemandState::Waiting {
            return Vec::new();
        }
        let (at, due) = (self.submitted_at.saturating_add(3 * DAY), self.submitted_at.saturating_add(5 * DAY));
        vec![Raise { cause: Cause::DemandWaits, since: self.submitted_at, at, due_at: Some(due) }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand() -> CustomerDemand {
        CustomerDemand {
            demand_id: Uuid::nil(),
            number: None,
            product: None,
            submitted_at: Timestamp::from_millis(10),
            state: DemandState::Waiting,
            since: Timestamp::from_millis(10),
            offer: None,
            price: None,
            customer_id: None,
            order_id: None,
            note: None,
        }
    }

    fn to(state: DemandState) -> DemandChange {
        DemandChange { state: Some(state), ..DemandChange::default() }
    }

    #[test]
    fn a_demand_is_received_offered_and_won() {
        let mut demand = demand();
        let now = Timestamp::from_millis(20);
        assert_eq!(demand.warnings().len(), 1);
        assert!(matches!(demand.change(to(DemandState::Won), now), Err(DemandError::DoesNotFollow { .. })));
        assert_eq!(demand.change(to(DemandState::Converting), now), Ok(true));
        assert_eq!(demand.change(to(DemandState::Converting), now), Ok(false));
        assert_eq!((demand.since, demand.warnings().len()), (now, 0));
        let early = DemandChange { at: Some(Timestamp::from_millis(5)), ..to(DemandState::Offered) };
        assert_eq!(demand.change(early, now), Err(DemandError::Time));
        let offered = DemandChange { price: Some("88".to_owned().try_into().unwrap()), ..to(DemandState::Offered) };
        assert_eq!(demand.change(offered, now), Ok(true));
        assert_eq!(demand.change(to(DemandState::Won), now), Err(DemandError::Order));
        let won = DemandChange { order_id: Some("CS1".parse().unwrap()), ..to(DemandState::Won) };
        assert_eq!(demand.change(won, now), Ok(true));
        assert!(demand.state.is_over());
    }
}
