//! The store: one DynamoDB table that holds instances, license codes, their orders, the nonces seen and the events to
//! deliver.
//!
//! Each change of state is one function here and one `TransactWriteItems`: nonce, state under its condition, event.
//! So a callback is applied whole or not at all, counts once, and its event is never lost. What happens to an
//! instance or a license code is decided by pure code, [`Lifecycle`]; the files named for the changes say how DynamoDB is
//! asked.

mod application;
mod bought;
mod bucket;
mod call;
mod change;
mod client;
mod data_key;
mod departments;
mod directory;
mod erasure;
mod event;
mod expression;
mod facts;
mod history;
mod instance;
mod key;
mod learning;
mod license;
mod license_request;
mod license_rules;
mod lifecycle;
mod listing;
mod living;
mod new_instance;
mod newest;
mod open;
mod order_details;
mod order_notice;
mod order_told;
mod outbox;
mod provisioned;
mod read;
mod refresh;
mod release;
mod status;
mod subject_key;
pub mod table;
mod tenant;
mod transaction;
mod upgrade;
mod usage_info;
mod users;

pub use application::StandingApplication;
pub use bought::{Bought, ToldOrder};
pub use call::Call;
pub use change::Changed;
pub use client::{Store, StoreError};
pub use data_key::{DataKey, DataKeyId, SealError, Sealed, WrappedDataKey};
pub use departments::{StandingDepartment, TenantDepartments};
pub use erasure::{Erased, Gone};
pub use event::{Event, EventType, GROUP};
pub use history::{Delivery, EventRecord, KeptEvent};
pub use instance::{Acceptance, Instance, ProvisioningFailure, ToldBy};
pub use key::World;
pub use learning::Learning;
pub use license::License;
pub use license_request::{
    LicenseKept, LicenseRequest, LicenseRequestId, LicenseRequested, license_details_place, license_place,
};
pub use license_rules::{Demand, LicenseRules, LicenseRulesError};
pub use lifecycle::{
    AppliedOrder, Fact, Facts, Freeze, FreezeCause, Kept, Lifecycle, OrderEffect, Status, sets_expiry,
};
pub use listing::{InstancePage, Place, PlaceError};
pub use new_instance::{Created, purchase_details_place};
pub use open::{Kind, Open};
pub use order_details::{KeptDetails, order_details_place};
pub use order_notice::Noticed;
pub use outbox::{DestinationState, Destinations, Ended, Noted, Undelivered};
pub use provisioned::Provisioned;
pub use read::Read;
pub use subject_key::SubjectKey;
pub use tenant::BoundTenant;
pub use usage_info::UsageKept;
pub use users::{ApplicationUsers, StandingUser};
