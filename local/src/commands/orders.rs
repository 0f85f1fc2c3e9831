//! `koogallery orders`: orders after payment, their supervision, and the figures of a month.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use koogallery::OrderId;
use koogallery_runtime::Environment;
use koogallery_store::{Flow, Party, StepKind};

use super::statements::Statements;
use super::{Done, Person, body, one_of, or_unknown};
use crate::api::ApiArguments;
use crate::day::time;
use crate::orders::{self, Figures, Whole};

const EXAMPLES: &str = "\
Examples:
  koogallery orders list --state processing
  koogallery orders list --supervised --waits-for seller --due-before 2026-12-01
  koogallery orders show CS2509071201OKVI2
  koogallery orders supervise CS2509071201OKVI2 standard --opened 2026-11-26
  koogallery orders step CS2509071201OKVI2 need-confirmed
  koogallery orders step CS2509071201OKVI2 delivered --at 2026-11-27T06:00:00Z --service-started 2026-11-26
  koogallery orders export --since 2026-11-01 > orders.csv
  koogallery orders summary 2026-11
  koogallery orders import bill-2026-10.xlsx
  koogallery orders match --month 2026-10

A day such as 2026-11-26 begins at midnight in Beijing.";

/// List and show orders, enter the steps of their supervision, export them, add up a month, and compare orders with statements.
///
/// It asks the seller API.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Orders {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    api: ApiArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// List orders that calls reported; with --supervised, supervised orders that are not over.
    List {
        #[command(flatten)]
        which: Which,
        /// List supervised orders that are not over.
        #[arg(long, conflicts_with_all = ["state", "product", "since", "text"])]
        supervised: bool,
        /// Only supervised orders that wait for them: buyer, seller or koogallery.
        #[arg(long, value_name = "PARTY", requires = "supervised", value_parser = party)]
        waits_for: Option<Party>,
        /// Only supervised orders for whose step it is too late before that time.
        #[arg(long, value_name = "TIME", requires = "supervised")]
        due_before: Option<String>,
    },
    /// Show all that is known of an order, without the buyer. Ends with 1 if nothing is.
    Show {
        /// The order's id.
        #[arg(value_name = "ORDER_ID")]
        order: OrderId,
        /// Print the answer of the seller API, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Open the supervision (服务监管) of an order. docs/orders.md has the flows.
    Supervise {
        /// The order's id.
        #[arg(value_name = "ORDER_ID")]
        order: OrderId,
        /// Its flow: standard, standard-rechecked, license, hardware, package or free.
        #[arg(value_name = "FLOW", value_parser = flow)]
        flow: Flow,
        /// When the order was paid [default: when KooGallery reported it, or now].
        #[arg(long, value_name = "TIME")]
        opened: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Enter a step of a supervised order, as Seller Console shows it.
    Step {
        /// The order's id.
        #[arg(value_name = "ORDER_ID")]
        order: OrderId,
        /// What happened, such as need-confirmed, delivered, accepted, completed, appealed.
        #[arg(value_name = "STEP", value_parser = step)]
        step: StepKind,
        /// When it happened [default: now].
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// 服务实际开通时间, with delivered and activated.
        #[arg(long, value_name = "TIME")]
        service_started: Option<String>,
        /// What a step `named` is called.
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Who has to act after a step `named`: buyer, seller or koogallery.
        #[arg(long, value_name = "PARTY", value_parser = party)]
        waits_for: Option<Party>,
        /// Who appealed: buyer or seller.
        #[arg(long, value_name = "PARTY", value_parser = party)]
        appealed_by: Option<Party>,
        /// What else there is to say, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Write orders as CSV to the standard output, with state and amounts. No cell is a formula. Each order is read as a whole.
    Export {
        #[command(flatten)]
        which: Which,
    },
    #[command(flatten)]
    Statements(Statements),
    /// Add up a month of Beijing: sold, refunded, new, renewed, churned, recurring.
    Summary {
        /// The month, such as 2026-11 [default: this month].
        #[arg(value_name = "MONTH")]
        month: Option<String>,
    },
}

/// Which orders.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only orders in this state. Each order is read as a whole then.
    #[arg(long, value_name = "STATE", value_parser = ["awaiting-payment", "processing", "cancelled", "completed", "unknown"])]
    state: Option<String>,
    /// Only orders of this product.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// Only orders that KooGallery reported since then.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only orders with this text in one of their ids.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Which {
    async fn orders(self, api: &crate::api::Api) -> Result<Vec<serde_json::Value>, crate::api::ApiError> {
        let since = self.since.as_deref().map(time);
        let query = [("state", self.state), ("productId", self.product), ("changedSince", since), ("text", self.text)];
        let query: Vec<_> = query.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        api.pages(&["orders"], &query, "orders").await
    }
}

/// Who acts, and why.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Why, without personal data.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    person: Person,
}

fn flow(given: &str) -> Result<Flow, String> {
    one_of(given, Flow::ALL)
}

fn party(given: &str) -> Result<Party, String> {
    one_of(given, Party::ALL)
}

fn step(given: &str) -> Result<StepKind, String> {
    one_of(given, StepKind::ALL)
}

impl Orders {
    /// Lists, shows, enters, exports or adds up.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self) -> Done {
        let Self { what, api } = self;
        let api = api.api(&Environment::of_process())?;
        match what {
            What::List { supervised: true, waits_for, due_before, .. } => {
                let due = due_before.as_deref().map(time);
                let waits_for = waits_for.map(<&str>::from);
                let query = [("waitsFor", waits_for), ("dueBefore", due.as_deref())];
                let query: Vec<_> = query.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
                println!("{}", orders::Supervised(api.pages(&["supervision"], &query, "orders").await?));
                Ok(ExitCode::SUCCESS)
            }
            What::List { which, .. } => {
                println!("{}", orders::Orders(which.orders(&api).await?));
                Ok(ExitCode::SUCCESS)
            }
            What::Show { order, json } => or_unknown(api.get(&["orders", order.as_str()], &[]).await, |order| {
                if json {
                    println!("{order:#}");
                } else {
                    print!("{}", Whole(&order));
                }
                Ok(ExitCode::SUCCESS)
            }),
            What::Supervise { order, flow, opened, why } => {
                let body = body([
                    ("flow", Some(flow.to_string())),
                    ("openedAt", opened.as_deref().map(time)),
                    ("by", why.person.name()),
                    ("reason", why.reason),
                ]);
                stands(api.post(&["orders", order.as_str(), "supervision"], Some(&body)).await)
            }
            What::Step { order, step, at, service_started, name, waits_for, appealed_by, note, why } => {
                let body = body([
                    ("at", at.as_deref().map(time)),
                    ("serviceStartedAt", service_started.as_deref().map(time)),
                    ("name", name),
                    ("waitsFor", waits_for.map(|party| party.to_string())),
                    ("appealedBy", appealed_by.map(|party| party.to_string())),
                    ("note", note),
                    ("by", why.person.name()),
                    ("reason", why.reason),
                ]);
                stands(api.post(&["orders", order.as_str(), "supervision", step.into()], Some(&body)).await)
            }
            What::Export { which } => {
                let found = orders::with_states_and_amounts(&api, which.orders(&api).await?).await?;
                orders::write_csv(&found, std::io::stdout().lock())?;
                Ok(ExitCode::SUCCESS)
            }
            What::Statements(statements) => statements.run(&api).await,
            What::Summary { month } => {
                print!("{}", Figures::of(&api, month.as_deref()).await?);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Says where an order stands.
#[allow(clippy::print_stdout)]
fn stands(answer: Result<serde_json::Value, crate::api::ApiError>) -> Done {
    or_unknown(answer, |supervision| {
        println!("{}", orders::Supervised(vec![supervision]));
        Ok(ExitCode::SUCCESS)
    })
}
