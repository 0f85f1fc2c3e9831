//! A client of KooGallery's open APIs: orders, licenses, usage.
//!
//! A [`Client`] calls one [`Site`] (or any [`BaseUrl`]) with a seller's AK and SK. It reads no environment variable and no
//! clock of its own, checks every certificate, follows no redirect, and returns at the given deadline. It repeats by itself
//! only what is safe to send twice. For the rest, [`Error::try_again`] says whether the caller may repeat it.
//!
//! | call | API |
//! |---|---|
//! | [`Client::order_query`] | who bought what, and for how long |
//! | [`Client::activate_license`], [`Client::license_heartbeat`], [`Client::push_software_usage`] | License 2.0 codes |
//! | [`Client::upload_license`] | the license for a getLicenseAsync event |
//! | [`Client::push_usage`] | pay-per-use |
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use koogallery::Timestamp;
//! use koogallery_open_api::{Client, Credentials, OrderType, Patience, Site};
//!
//! async fn is_refund(ak: &str, sk: &str, now: fn() -> Timestamp) -> Result<bool, Box<dyn std::error::Error>> {
//!     let client = Client::new(Site::International, Credentials::new(ak, sk)?, now, Patience::default())?;
//!     let deadline = Instant::now() + Duration::from_secs(20);
//!     let order = client.order_query(&"MOCKMONTYUNSUBSCRIBE".parse()?, None, deadline).await?;
//!     Ok(order.order_type == OrderType::Unsubscribe)
//! }
//! ```
//!
//! [`ak_sk`] and [`usage_signature_fits`] also check what a caller signs: a stand-in of KooGallery needs that.

pub mod ak_sk;
mod batch;
mod client;
mod code;
mod error;
mod license;
mod license_file;
mod order_query;
mod refused_record;
mod said;
mod site;
mod usage;
mod usage_fault;
mod utc;
mod wire;

pub use ak_sk::{Credentials, CredentialsError, SecretAccessKey};
pub use batch::{Batch, BatchError};
pub use client::{Client, ClientError, Patience};
pub use code::{Verdict, usage_verdict, verdict};
pub use error::{ConnectionError, Error, MalformedAnswer, RequestError, Subject};
pub use license::{LicenseInfo, LicenseStatus, LicenseUsage, SoftwareUsage};
pub use license_file::LicenseFile;
pub use order_query::{BuyerInfo, ChargingMode, ExtendParam, OrderInfo, OrderLine, OrderType};
pub use refused_record::RefusedRecord;
pub use said::Said;
pub use site::{BaseUrl, BaseUrlError, Site};
pub use usage::{
    MeteringSn, UsageBatch, UsageRecord, UsageValue, UsageValueError, usage_signature, usage_signature_fits,
};
pub use usage_fault::UsageFault;
pub use utc::{UtcTime, UtcTimeError};
pub use wire::{Personal, SentTime};
