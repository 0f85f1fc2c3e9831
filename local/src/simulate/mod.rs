//! `koogallery simulate`: the marketplace plays the whole lives of what is sold against a production address and checks
//! every answer. It plays what stands on the seller's side as well: the open APIs that tell the orders it makes up, and an
//! application that receives the events; shows what became of these; and says what all that proves of the application.

mod application;
mod attacks;
mod built_in_lives;
mod deliveries;
mod family;
mod findings;
mod goods;
mod life;
mod look;
mod names;
mod order_life;
mod orders;
mod own_side;
mod play;
mod reason;
mod report;
mod seller_api;
mod statement_month;
mod step;
mod usage_month;

use std::time::Duration;

use koogallery::{RsaPublicKey, TextError};

pub use application::Receipts;
pub use family::Family;
pub use findings::Findings;
pub use goods::Goods;
pub(crate) use goods::{BUYER, customer_id};
pub use life::{Life, LifeError};
pub use look::{Look, LookError};
pub use names::FillError;
pub(crate) use names::fresh;
pub use order_life::{OrderLifeError, OrderLifeReport, OrderStep, play_orders};
pub(crate) use orders::Order;
pub use own_side::{OwnSide, OwnSideError, open_api};
pub use report::{Deliveries, FamilyReport, Report};
pub use seller_api::{Delivery, KnownEvent, SellerApi, Subject, UnknownSubject};
pub use statement_month::{StatementMonth, StatementMonthError, StatementReport};
pub use step::{Event, Step};
pub use usage_month::{MonthReport, UsageMonth, UsageMonthError};

use crate::api::ApiError;
use crate::call::OneCallError;
use crate::marketplace::{CallError, Marketplace};
use crate::open_api::{PlayedError, PlayedKooGallery};
use built_in_lives::built_in_lives;
use deliveries::{Judge, PATIENCE, PATIENCE_FOR_NOBODY, watch};
use play::{Play, Stage};

/// How long a call is sent again, and a provisioning waited for, where nothing else is said.
pub const USUAL_PATIENCE: Duration = Duration::from_secs(10);

/// What to play, and what there is on the seller's side.
#[derive(Debug)]
pub struct Simulation<'a> {
    /// Who calls.
    pub marketplace: Marketplace,
    /// The key that the seller registered; without it, client secrets are left out.
    pub rsa_public_key: Option<RsaPublicKey>,
    /// Whose built-in lives are played, one after the other.
    pub families: Vec<Family>,
    /// Further lives, played after them.
    pub lives: Vec<Life>,
    /// What is bought.
    pub goods: Goods,
    /// How long a call is sent again that is answered `000004`, `000005` or not at all: KooGallery does it for three hours.
    pub patience: Duration,
    /// KooGallery's open APIs that the seller calls, where they are played here: each order is known there before a
    /// callback names it.
    pub open_api: Option<&'a PlayedKooGallery>,
    /// Whom to ask what became of events; without it, nobody is asked.
    pub seller_api: Option<&'a SellerApi>,
    /// Where the seller's application shows its customers.
    pub look: Option<Look>,
    /// What the seller's application receives, where that is played here: then every event must arrive.
    pub receipts: Option<&'a Receipts>,
}

/// What just happened.
#[derive(Debug)]
pub enum News<'a> {
    /// A call was answered.
    Answered(&'a Step),
    /// An event was delivered, or tried in vain.
    Tried(&'a KnownEvent),
}

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The production address.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The seller's API.
    #[error(transparent)]
    SellerApi(#[from] ApiError),
    /// The KooGallery that is played.
    #[error(transparent)]
    Played(#[from] PlayedError),
    /// A life's file.
    #[error(transparent)]
    Life(#[from] LifeError),
    /// A life's activity.
    #[error(transparent)]
    Activity(#[from] OneCallError),
    /// A life's `{name}`.
    #[error("a life cannot be played: {0}")]
    Fill(#[from] FillError),
    /// What is bought, or a life's id.
    #[error("what is played has an id that KooGallery could not send: {0}")]
    Id(#[from] TextError),
}

impl Simulation<'_> {
    /// Every family, with nothing known of the seller's side.
    #[must_use]
    pub fn new(marketplace: Marketplace) -> Self {
        Self {
            marketplace,
            rsa_public_key: None,
            families: Family::ALL.to_vec(),
            lives: Vec::new(),
            goods: Goods::default(),
            patience: USUAL_PATIENCE,
            open_api: None,
            seller_api: None,
            look: None,
            receipts: None,
        }
    }

    /// Plays it, then waits for the deliveries. `progress` hears the news.
    pub async fn play(self, progress: impl Fn(&News<'_>) + Send + Sync) -> Result<Report, SimulationError> {
        let Self { marketplace, rsa_public_key, families, lives, goods, patience, .. } = self;
        let Self { open_api, seller_api, look, receipts, .. } = self;
        let address = marketplace.address().to_owned();
        let answered = |step: &Step| progress(&News::Answered(step));
        let (look, progress_of_play) = (look.as_ref(), &answered);
        let mut play = Play::new(Stage {
            marketplace,
            rsa_public_key,
            open_api,
            seller_api,
            look,
            goods,
            patience,
            progress: progress_of_play,
        });
        for family in families {
            for life in built_in_lives(family)? {
                play.live(&life).await?;
            }
            if family == Family::Saas {
                attacks::attacks(&mut play).await?;
            }
        }
        for life in &lives {
            play.live(life).await?;
        }
        let (mut steps, told, findings) = play.into_parts();
        let mut silence = None;
        if let Some(seller_api) = seller_api {
            let nobody = receipts.is_none() && open_api.is_none() && seller_api.is_on_this_machine();
            let untried = if nobody { PATIENCE_FOR_NOBODY } else { PATIENCE };
            let watched = watch(seller_api, &told, untried, |event| progress(&News::Tried(event))).await;
            let told_orders = match open_api {
                Some(open_api) => Some(open_api.told_orders().await?),
                None => None,
            };
            let judge = Judge { receipts, told_orders: told_orders.as_ref() };
            match watched {
                Ok(histories) => judge.attach(&mut steps, &told, &histories),
                Err(problem) if receipts.is_some() => return Err(problem.into()),
                Err(problem) => silence = Some(problem.to_string()),
            }
        }
        Ok(Report::new(address, steps, findings, seller_api.is_some(), silence))
    }
}
