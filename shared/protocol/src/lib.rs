//! The KooGallery seller protocol: which callback a request is, who signed it, what it says, how to answer.
//!
//! KooGallery (Huawei Cloud's marketplace) calls a seller's HTTPS endpoint when a buyer pays, renews, upgrades or gets a refund. This
//! crate has everything about those calls that needs no I/O, no clock and no async. So a Lambda function, a local host, a simulator
//! and a test use the same code:
//!
//! 1. [`route()`] finds the [`Callback`] and [`Dialect`] of a request from method, path, query and body.
//! 2. [`verify()`] checks the signature with the [`AccessKeys`] that may sign the call, and the time window. Only it makes a
//!    [`Verified`].
//! 3. [`Verified::parse`] reads the typed request; [`Reply`] is the answer.
//!
//! [`signature`] and [`Request::to_body`] are the marketplace's side: they make what KooGallery sends.
//!
//! ```
//! use koogallery::{AccessKeys, DEFAULT_TIME_WINDOW, NewInstance, Request, Timestamp, route, signature, verify};
//!
//! let keys = AccessKeys::from_json(r#"{"basic":["an access key"]}"#)?;
//! let body = NewInstance::new("CS1", "CS1-000001", "b-1")?.to_body();
//! let now = Timestamp::from_millis(1_764_000_000_000);
//! let signature = signature::basic("an access key", "nonce-1", "1764000000000", body.as_bytes());
//!
//! let request = http::Request::post(format!("/?signature={signature}&timestamp=1764000000000&nonce=nonce-1")).body(body)?;
//! let route = route(&request)?;
//! let call = verify(&request, route, &keys, now, DEFAULT_TIME_WINDOW)?.parse::<NewInstance>()?;
//! assert_eq!(call.request().order_id.as_str(), "CS1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access_key;
mod app_info;
pub mod auth_token;
pub mod body_sign;
mod calendar;
mod callbacks;
mod canonical;
mod client_secret;
mod dialect;
mod expire_time;
mod invalid_request;
mod license_code;
mod license_time;
mod long_numbers;
mod named;
mod parameters;
mod reply;
mod result_code;
mod route;
pub mod signature;
mod sync_time;
mod test_flag;
mod text;
mod timestamp;
pub mod v1_cipher;
mod verify;

pub use access_key::{AccessKey, AccessKeys, AccessKeysError, InterfaceType};
pub use app_info::{AppInfo, AppInfoError, InstanceInfo, UsageInfo};
pub use calendar::CalendarForm;
pub use callbacks::*;
pub use canonical::{NotAnObject, canonical_form};
pub use client_secret::{
    ClientSecret, ClientSecretError, MIN_RSA_BITS, OaepHashes, RsaKeyError, RsaPrivateKey, RsaPublicKey,
};
pub use dialect::Dialect;
pub use expire_time::{ExpireTime, ExpireTimeError};
pub use invalid_request::InvalidRequest;
pub use license_code::{DeviceFingerprint, LicenseCode, LicenseText};
pub use license_time::{LicenseTime, LicenseTimeError};
pub use named::Named;
pub use parameters::Parameters;
pub use reply::Reply;
pub use result_code::{ResultCode, UnknownResultCode};
pub use route::{MAX_BASIC_BODY, MAX_KIT_BODY, Route, RouteError, answering_callback, route, v1_dialect};
pub use sync_time::{SyncTime, SyncTimeError};
pub use test_flag::TestFlag;
pub use text::{
    AppId, BusinessId, ClientId, CustomerId, DomainName, EventId, InstanceId, OrderId, OrderLineId, OrgCode, OrgName,
    ParentCode, PersonName, ProductId, SkuCode, TenantCode, TenantId, TenantName, Text, TextError, UserName,
};
pub use timestamp::{Timestamp, TimestampError};
pub use verify::{Body, DEFAULT_TIME_WINDOW, MAX_NONCE, Nonce, Refusal, Verified, v1_signer, verify};
