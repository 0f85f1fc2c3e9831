//! Records of use through the seller API of a host, over its embedded table.

use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::AccessKeys;
use koogallery_local::api::Api;
use koogallery_local::host::{LocalHost, Options as HostOptions, TableAt};
use koogallery_local::keys::{LOCAL_API_TOKEN, LOCAL_TEST_KEYS};
use koogallery_local::log::Silent;
use koogallery_local::marketplace::Marketplace;
use koogallery_runtime::{Environment, now};
use koogallery_store::Quantity;
use serde_json::{Value, json};

use super::{Measured, Options, tell};
use crate::Problem;
use crate::calls;

/// The most records of a call.
pub(super) const OF_A_CALL: usize = 1000;
/// Each record has so much, in ten-thousandths.
pub(super) const OF_A_RECORD: i128 = 2500;
/// So many instances are bought side by side.
const BUYERS: usize = 8;

pub(super) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let seller = Seller::start(TableAt::IN_MEMORY, Environment::default()).await?;
    tell(&format!("{} instances are bought", options.instances));
    let ids = seller.buy(options.instances).await?;
    let calls = options.records.div_ceil(OF_A_CALL);
    let mut rows = Vec::new();
    for (what, ids) in [("one instance", &ids[..1]), ("many instances", &ids[..])] {
        tell(&format!("records of {what} are taken"));
        let start = Instant::now();
        seller.send(what, ids, calls, options.concurrency).await?;
        let what = format!("records of {what} ({}) taken", ids.len());
        rows.push(Measured::new(what, calls * OF_A_CALL, start.elapsed().as_secs_f64()));
    }
    seller.stop().await;
    Ok(rows)
}

/// A seller: the host, who buys there, and the application that uses its seller API.
pub(super) struct Seller {
    host: LocalHost,
    marketplace: Marketplace,
    api: Api,
}

impl Seller {
    pub(super) async fn start(table: TableAt, environment: Environment) -> Result<Self, Problem> {
        let (any, silent) = (([127, 0, 0, 1], 0).into(), Arc::new(Silent));
        let host = LocalHost::start(HostOptions::new(any, table, environment, silent.clone(), silent)).await?;
        let marketplace = Marketplace::new(&host.address(), AccessKeys::from_json(LOCAL_TEST_KEYS)?)?;
        let api = Api::new(&host.seller_api(), LOCAL_API_TOKEN.to_owned())?;
        Ok(Self { host, marketplace, api })
    }

    /// Buys so many instances; their ids.
    pub(super) async fn buy(&self, instances: u32) -> Result<Vec<String>, Problem> {
        let buy = async |number: usize| -> Result<String, Problem> {
            let call = calls::call(&self.marketplace, koogallery::Callback::NewInstance, number)?;
            let reply = self.marketplace.send(&call).await?.reply()?;
            Ok(reply.instance_id.ok_or_else(|| reply.result_code.to_string())?.to_string())
        };
        let numbers = stream::iter(1..=usize::try_from(instances)?);
        numbers.map(buy).buffered(BUYERS).try_collect().await
    }

    /// Sends new records of these instances, one after the other, and checks that all of them count.
    pub(super) async fn send(
        &self,
        name: &str,
        ids: &[String],
        calls: usize,
        side_by_side: usize,
    ) -> Result<(), Problem> {
        let quantity = &Quantity::from_ten_thousandths(OF_A_RECORD).to_string();
        let bodies = (0..calls).map(|call| {
            let at = now().to_rfc_3339();
            let records = (call * OF_A_CALL..(call + 1) * OF_A_CALL).map(|number| {
                let id = &ids[number % ids.len()];
                json!({ "id": format!("{name} {number}"), "instanceId": id, "at": at, "quantity": quantity })
            });
            json!({ "records": records.collect::<Vec<_>>() })
        });
        let send = async |body: Value| -> Result<(), Problem> {
            let counted = self.api.post(&["usage", "records"], Some(&body)).await?["counted"].as_u64();
            if counted == Some(OF_A_CALL as u64) { Ok(()) } else { Err(format!("{counted:?} records count").into()) }
        };
        stream::iter(bodies).map(send).buffer_unordered(side_by_side).try_collect().await
    }

    pub(super) async fn stop(self) {
        drop(self.host.stop().await);
    }
}
