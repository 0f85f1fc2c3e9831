//! `koogallery call`: signs and sends one callback.

use std::process::ExitCode;

use clap::Args;
use koogallery::{Callback, ResultCode};
use koogallery_open_api::OrderType;
use koogallery_runtime::Environment;

use super::played::{played_address, played_for};
use super::{Done, Failure, from_1};
use crate::call::{Called, Draft, Version, help};
use crate::keys::or_local_test_keys;
use crate::marketplace::Marketplace;
use crate::open_api::PlayedKooGallery;
use crate::simulate::{BUYER, Goods, Order, customer_id, fresh};
use crate::v1_reply::{app_infos, decrypted, genuine};

/// Sign one callback, send it and print the reply.
///
/// Ends with 0 if the reply is 000000 or 000004, else with 1. `call ACTIVITY --help` lists the activity's members, with an
/// example. If `serve --play-koogallery` runs, its open APIs learn the order of a purchase, a renewal or an upgrade, and your
/// application hears what was bought.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Call {
    /// The callback, such as newInstance, or tenantSync of the joint-operations kit.
    #[arg(required_unless_present = "help")]
    activity: Option<String>,
    /// The production address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000/")]
    to: String,
    /// The version of the protocol: V2.0 or V1.0.
    #[arg(long, value_enum, default_value_t)]
    version: Version,
    /// Make an order that buys this productId; ids that are not given are made up.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// Make an order that buys this skuCode.
    #[arg(long, value_name = "CODE")]
    sku: Option<String>,
    /// Make an order that buys so many.
    #[arg(long, value_name = "N", value_parser = from_1::<u32>)]
    quantity: Option<u32>,
    /// Make an order of this buyer: the account's name.
    #[arg(long, value_name = "NAME")]
    buyer: Option<String>,
    /// Print help; with an activity, its members.
    #[arg(long, short)]
    help: bool,
    /// Members of the body, or parameters of V1.0: key=value for a text, key:=json for anything else.
    #[arg(value_name = "KEY=VALUE")]
    members: Vec<String>,
}

impl Call {
    /// Sends the call and shows the reply.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Some(activity) = self.activity.as_deref().filter(|_| !self.help) else {
            return self.show_help();
        };
        let environment = Environment::of_process();
        let marketplace = Marketplace::new(&self.to, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
        let mut draft = Draft::new(self.version, activity, &self.members)?;
        self.make_order(&mut draft, &environment).await?;
        draft.doubts().iter().for_each(|doubt| eprintln!("{doubt}"));
        let Called { exchange, v1_key } = draft.send(&marketplace).await?;
        println!("{}", String::from_utf8_lossy(&exchange.body));
        eprintln!("HTTP {} in {:.1} ms", exchange.status, exchange.elapsed.as_secs_f64() * 1e3);
        let reply = exchange.reply()?;
        if let Some(key) = v1_key {
            genuine(&exchange, &key, false)?;
            eprintln!("Body-Sign is right");
            let clear = decrypted(serde_json::from_slice(&exchange.body)?, &key)?;
            app_infos(&clear).for_each(|app_info| eprintln!("the buyer sees {app_info}"));
        }
        let done = matches!(reply.result_code, ResultCode::Success | ResultCode::Processing);
        Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    #[allow(clippy::print_stdout)]
    fn show_help(&self) -> Done {
        match &self.activity {
            Some(activity) => println!("{}", help(self.version, activity)?),
            None => println!("{}", Self::augment_args(clap::Command::new("koogallery call")).render_long_help()),
        }
        Ok(ExitCode::SUCCESS)
    }

    const fn describes_goods(&self) -> bool {
        self.product.is_some() || self.sku.is_some() || self.quantity.is_some()
    }

    const fn describes_an_order(&self) -> bool {
        self.describes_goods() || self.buyer.is_some()
    }

    /// Makes the order that a call names known to the KooGallery that is played; the whole of it, where it is described.
    #[allow(clippy::print_stderr)]
    async fn make_order(&self, draft: &mut Draft, environment: &Environment) -> Result<(), Failure> {
        let order_type = match draft.callback() {
            Callback::NewInstance | Callback::OrderNotify => OrderType::New,
            Callback::RefreshInstance | Callback::RefreshLicenseCode => OrderType::Renew,
            Callback::UpgradeInstance => OrderType::Change,
            Callback::GetLicenseAsync if self.version == Version::V1 => OrderType::New,
            _ if self.describes_an_order() => {
                return Err(
                    "--product, --sku, --quantity and --buyer describe an order, and this call names none".into()
                );
            }
            _ => return Ok(()),
        };
        let mut order = Order::of(&self.goods(), order_type.clone())?;
        if self.describes_an_order() {
            draft.fill("orderId", &order.id);
            draft.fill("businessId", &fresh("b-"));
        }
        let Some(id) = draft.text("orderId").map(str::to_owned) else { return Ok(()) };
        order.id.clone_from(&id);
        let buyer = self.buyer.as_deref().unwrap_or(BUYER);
        if self.describes_an_order() {
            draft.fill("orderLineId", &order.line(1));
            // V1.0 tells in the call what V2.0 tells in the order query.
            if self.version == Version::V1 {
                let quantity = order.quantity.clone();
                for (name, value) in [
                    ("productId", order.product.as_str()),
                    ("skuCode", &order.sku),
                    ("amount", &quantity),
                    ("customerId", &customer_id(buyer)),
                    ("customerName", buyer),
                ] {
                    draft.fill(name, value);
                }
            }
        }
        let Some(played) = self.played(environment).await? else { return Ok(()) };
        if matches!(order_type, OrderType::Renew | OrderType::Change) && !self.describes_goods() {
            eprintln!(
                "the order buys {}, {}, {}: give --product, --sku and --quantity to buy what the instance has",
                order.product, order.sku, order.quantity
            );
        }
        let mut details = order.details(buyer)?;
        if let (Some(line), Some(first)) = (draft.text("orderLineId"), details.order_lines.first_mut()) {
            first.order_line_id = line.parse()?;
        }
        played.put_order(&details).await?;
        eprintln!("order {id} is known at {}", played.address());
        Ok(())
    }

    /// The KooGallery that is played, which must be there where V2.0's order is described: nothing else tells it.
    async fn played(&self, environment: &Environment) -> Result<Option<PlayedKooGallery>, Failure> {
        let played = played_for(&self.to, environment).await;
        if played.is_none() && self.describes_an_order() && self.version == Version::V2 {
            PlayedKooGallery::at(&played_address(environment))?.check().await?;
        }
        Ok(played)
    }

    fn goods(&self) -> Goods {
        let usual = Goods::default();
        Goods {
            product: self.product.clone().unwrap_or(usual.product),
            sku: self.sku.clone().unwrap_or(usual.sku),
            quantity: self.quantity.unwrap_or(usual.quantity),
            ..Goods::default()
        }
    }
}
