//! The store: one DynamoDB table with instances, license codes, their orders, the used nonces and the events to deliver.
//!
//! Each change of state is one function and one `TransactWriteItems`: the nonce, the state under its condition, the event. So
//! a callback is applied whole or not at all, counts once, and its event is never lost.
//!
//! | folder | what is in it | what it uses |
//! |---|---|---|
//! | `model` | facts, rules, events. Pure: it does not know the table | |
//! | `table` | how the model is written in DynamoDB: schema, keys, seals, expressions, transactions | `model` |
//! | `kit` | the joint-operations kit's tenants, applications, users and departments | `table`, `model` |
//! | `login` | what the login of buyers' users keeps, and the keys that sign | `table`, `model` |
//! | `queries` | the reads | `table`, `model` |
//! | `changes` | the changes of state, a file each | all of these |

mod changes;
mod kit;
mod login;
mod model;
mod queries;
mod table;

pub use changes::create_instance::{Created, purchase_details_place};
pub use changes::discard::DiscardOutcome;
pub use changes::erase::{Erased, Gone};
pub use changes::import::{Imported, ImportedInstance, ImportedLicense, ImportedSince};
pub use changes::job::{JobOf, ResendJob};
pub use changes::keep_demand::DemandChanged;
pub use changes::keep_order_details::{KeptDetails, order_details_place};
pub use changes::keep_settings::SettingsKept;
pub use changes::keep_statement::{RowKept, StatementBegun};
pub use changes::mark_delivered::Noted;
pub use changes::note_order::Noticed;
pub use changes::provision::Provisioned;
pub use changes::push_usage::HourChanged;
pub use changes::request_license::{LicenseKept, LicenseRequested, license_details_place, license_place};
pub use changes::reserve_spans::{PushedSpan, SpansReserved};
pub use changes::set_usage::UsageKept;
pub use changes::supervise::StepEntered;
pub use changes::walk::{Walk, WatchNotes};
pub use changes::warn::{WarningAnswer, WarningAnswered};
pub use kit::application::StandingApplication;
pub use kit::departments::{StandingDepartment, TenantDepartments};
pub use kit::tenant::BoundTenant;
pub use kit::users::{ApplicationUsers, StandingUser};
pub use login::kept::{LoginUse, SignedIn};
pub use login::session::ConsoleSession;
pub use login::signing_key::SigningKey;
pub use model::about::{About, AboutError};
pub use model::action::{Action, Actor, Via};
pub use model::bought::{Bought, ToldOrder};
pub use model::changed::Changed;
pub use model::delivery::{DestinationState, Destinations, Discarded, Ended, Try, TryAnswer, Undelivered};
pub use model::event::Event;
pub use model::event_type::EventType;
pub use model::failed_call::FailedCall;
pub use model::instance::{Acceptance, Instance, ProvisioningFailure, ToldBy};
pub use model::instance_counts::{InstanceCounts, WeekCounts, counted_weeks, week_of};
pub use model::kept_app_info::KeptAppInfo;
pub use model::kept_call::{CallInfo, CallSaid, KeptCall, Probe};
pub use model::learning::Learning;
pub use model::lease::{HostId, Lease, LeaseOf, LeaseTaken};
pub use model::license::License;
pub use model::license_request::{LicenseRequest, LicenseRequestId};
pub use model::license_rules::{Demand, LicenseRules, LicenseRulesError};
pub use model::lifecycle::{
    AppliedOrder, Fact, Facts, Freeze, FreezeCause, Kept, Lifecycle, OrderEffect, Status, sets_expiry,
};
pub use model::login::{HandleDigest, LoginStep};
pub use model::notices::{Notice, Notices};
pub use model::orders::amount::OrderAmount;
pub use model::orders::demand::{CustomerDemand, DemandChange, DemandError, DemandState};
pub use model::orders::flow::{Flow, Stage};
pub use model::orders::party::Party;
pub use model::orders::record::{Evidence, OrderRecord, OrderState};
pub use model::orders::reported::{ListedOrder, OrderKind};
pub use model::orders::step::{Step, StepKind, StepSource};
pub use model::orders::supervision::{Standing, StepError, Supervision};
pub use model::page_key::PageKey;
pub use model::sealed::{DataKeyId, SealError, Sealed};
pub use model::settings::{KeptSettings, SettingsVersion};
pub use model::statement::{
    Comparison, KeptExplanation, KeptMapping, KeptRow, MonthMoney, RowPlace, RowPlaceError, StatementFile,
};
pub use model::subject::{Subject, SubjectError};
pub use model::usage::hour::{Charge, HourId, HourState, UsageHour};
pub use model::usage::package::{PackageUse, UsageTotal};
pub use model::usage::period::{Cycle, Cycles, GRACE, Period};
pub use model::usage::quantity::{Quantity, QuantityError};
pub use model::usage::record::{RecordId, Taken, UsageRefusal, UsageSent, UsageTaken};
pub use model::warning::{Answered, Cause, Raise, Warning};
pub use model::warning_id::{WarningId, WarningIdError};
pub use model::world::World;
pub use queries::history::{Delivery, EventRecord, KeptEvent};
pub use queries::lists::Page;
pub use queries::open::OpenFound;
pub use queries::open_events::{EventPage, OpenEvents};
pub use queries::open_place::{OpenPlace, OpenPlaceError};
pub use queries::order_times::OrderTimes;
pub use queries::read::Read;
pub use queries::recent::FoundCall;
pub use queries::trace::Trace;
pub use queries::usage::{RecordPage, UsageCursor, UsagePlace};
pub use queries::watched::{SupervisedOrder, Watched};
pub use table::call::Call;
pub use table::client::{Store, StoreError};
pub use table::data_keys::{DataKeys, WrappedDataKey};
pub use table::index::{Kind, Open};
pub use table::listing::{Place, PlaceError};
pub use table::schema;
pub use table::schema::GROUP;
pub use table::seal::{DataKey, DataKeyError};
pub use table::store_clock::StoreClock;
pub use table::wake_up::WakeUp;
