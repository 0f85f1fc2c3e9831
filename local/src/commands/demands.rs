//! `koogallery demands`: customer demands (客户需求) and the private offers that come of them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery_runtime::Environment;
use koogallery_store::DemandState;
use serde_json::Value;
use uuid::Uuid;

use super::{Done, Person, body, one_of, or_unknown};
use crate::api::{ApiArguments, ApiError};
use crate::day::time;
use crate::orders;

const EXAMPLES: &str = "\
Examples:
  koogallery demands list --state waiting
  koogallery demands enter --number XQ-4711 --product p-1 --submitted 2026-11-26
  koogallery demands change ID converting
  koogallery demands change ID offered --offer \"fifty users\" --price 8800.00 --customer CUSTOMER_ID
  koogallery demands change ID won --order CS2509071201OKVI2

A day such as 2026-11-26 begins at midnight in Beijing.";

/// List, enter and change customer demands (客户需求管理). docs/orders.md has their states.
///
/// It asks the seller API.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demands {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do with demands.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List demands.
    List {
        /// Only demands in this state.
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Option<DemandState>,
    },
    /// Enter a demand that waits to be received (待接收).
    Enter {
        /// Its number in Seller Console, or what else names it.
        #[arg(long, value_name = "TEXT")]
        number: Option<String>,
        /// The product.
        #[arg(long, value_name = "ID")]
        product: Option<String>,
        /// When the partner submitted it [default: now]. KooGallery closes it five days later.
        #[arg(long, value_name = "TIME")]
        submitted: Option<String>,
        /// The customer: the account's id, not a name.
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
        /// What else there is to say, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        person: Person,
    },
    /// Change a demand: its state, or what is known of its offer.
    Change {
        /// The demand's id.
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Its next state: converting, offered, won, rejected, closed or lost.
        #[arg(value_name = "STATE", value_parser = state)]
        state: Option<DemandState>,
        /// When it changed [default: now].
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// What the private offer is called.
        #[arg(long, value_name = "TEXT")]
        offer: Option<String>,
        /// What it costs, such as 8800.00.
        #[arg(long, value_name = "AMOUNT")]
        price: Option<String>,
        /// The customer that it is for: the account's id, not a name.
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
        /// The order that came of it.
        #[arg(long, value_name = "ORDER_ID")]
        order: Option<String>,
        /// What else there is to say, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        person: Person,
    },
}

fn state(given: &str) -> Result<DemandState, String> {
    one_of(given, DemandState::ALL)
}

impl Demands {
    /// Lists, enters or changes.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        let api = api.api(&Environment::of_process())?;
        match what {
            What::List { state } => {
                let query: Vec<(&str, &str)> = state.map(|state| ("state", state.into())).into_iter().collect();
                println!("{}", orders::Demands(api.pages(&["demands"], &query, "demands").await?));
                Ok(ExitCode::SUCCESS)
            }
            What::Enter { number, product, submitted, customer, note, person } => {
                let body = body([
                    ("number", number),
                    ("product", product),
                    ("submittedAt", submitted.as_deref().map(time)),
                    ("customerId", customer),
                    ("note", note),
                    ("by", person.name()),
                ]);
                shown(api.post(&["demands"], Some(&body)).await)
            }
            What::Change { id, state, at, offer, price, customer, order, note, reason, person } => {
                let body = body([
                    ("state", state.map(|state| state.to_string())),
                    ("at", at.as_deref().map(time)),
                    ("offer", offer),
                    ("price", price),
                    ("customerId", customer),
                    ("orderId", order),
                    ("note", note),
                    ("reason", reason),
                    ("by", person.name()),
                ]);
                shown(api.patch(&["demands", &id.to_string()], &body).await)
            }
        }
    }
}

/// Shows a demand, and where the order that came of it differs from the offer.
#[allow(clippy::print_stdout)]
fn shown(answer: Result<Value, ApiError>) -> Done {
    or_unknown(answer, |demand| {
        let order = demand["order"].clone();
        println!("{}", orders::Demands(vec![demand]));
        for (what, told) in [("price", &order["price"]), ("buyer", &order["buyer"])] {
            match told.as_str() {
                Some("differs") => println!("the {what} of the order differs from the offer: check the order's id"),
                Some("unknown") => println!("whether the {what} of the order is that of the offer is not known"),
                _ => {}
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
