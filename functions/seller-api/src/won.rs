//! The order that came of a private offer, beside the offer: whether price and buyer are the same. The protocol has no mark of an
//! offer, so only that can tell whether a person named the right order.

use koogallery_orders::KeptOrders;
use koogallery_store::{CustomerDemand, OrderAmount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::money::{deal, decimal, lines};
use crate::problem::Problem;

/// Whether a value is the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compared {
    /// It is.
    Same,
    /// It is another one.
    Differs,
    /// One of both is not known.
    Unknown,
}

impl Compared {
    fn of<T: PartialEq>(expected: Option<T>, found: Option<T>) -> Self {
        match (expected, found) {
            (Some(expected), Some(found)) if expected == found => Self::Same,
            (Some(_), Some(_)) => Self::Differs,
            _ => Self::Unknown,
        }
    }
}

/// How the order that came of a demand compares with the offer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WonOrder)]
pub(crate) struct WonView {
    /// Whether the order's deal has the price of the offer.
    price: Compared,
    /// The amount of the order's deal, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// Whether the customer of the offer bought it.
    buyer: Compared,
}

impl SellerApi {
    /// Compares the order of a demand that is won with the offer. Only what is kept is looked at: KooGallery is not asked.
    pub(crate) async fn won(&self, demand: &CustomerDemand) -> Result<Option<WonView>, Problem> {
        let Some(order) = &demand.order_id else { return Ok(None) };
        let amounts = self.store().amounts_of(order).await?;
        let found = deal(&amounts);
        let expected = demand.price.as_ref().and_then(|price| decimal(price.as_str()));
        let wanted = demand.customer_id.as_ref().map(|id| id.as_str().to_owned());
        // The sealed details are opened only if there is something to compare.
        let buyer = if wanted.is_some() { self.kept_buyer(order, &amounts).await? } else { None };
        Ok(Some(WonView {
            price: Compared::of(expected, found),
            amount: found.map(|found| found.to_string()),
            buyer: Compared::of(wanted, buyer),
        }))
    }

    async fn kept_buyer(
        &self,
        order: &koogallery::OrderId,
        amounts: &[OrderAmount],
    ) -> Result<Option<String>, Problem> {
        let orders = KeptOrders { vault: &self.vault, store: self.store() };
        let named = lines(amounts).map(|line| line.order_line_id.as_ref());
        for line in named.chain([None]) {
            let Some((details, _)) = orders.details((order, line), self.now()).await? else { continue };
            let customer = details.buyer_info.and_then(|buyer| buyer.customer_id);
            if let Some(customer) = customer {
                return Ok(Some(customer.reveal().to_owned()));
            }
        }
        Ok(None)
    }
}
