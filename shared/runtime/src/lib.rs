//! What every function shares: configuration, keys, verification, deadline, logs, metrics, Lambda.
//!
//! A function implements [`Function`] for its callback. [`Host`] does everything else, the same on Lambda ([`lambda()`]) and in the
//! local host. Functions that no callback wakes have a [`Job`] instead.

mod api_record;
mod api_token;
mod app_info;
mod aws;
mod call_line;
mod clock;
mod cloudwatch;
mod config;
mod daily_products;
mod fault;
mod file_stamp;
mod function;
mod guesses;
mod host;
mod job;
mod lambda;
mod leases;
mod login_record;
mod metric_line;
mod nearest;
mod pauses;
mod product_settings;
mod provisioning;
mod record;
mod scope;
mod secret_text;
mod secrets;
mod strangers;
mod styled;
mod variables;
mod vault;
mod version;

pub use api_record::ApiRecord;
pub use api_token::ApiToken;
pub use app_info::{AppInfoTemplate, AppInfoTemplateError};
pub use aws::{dynamodb_client, dynamodb_client_over, sdk_config};
pub use clock::{Clock, now};
pub use cloudwatch::CloudWatch;
pub use config::{ConfigError, Environment, InvalidValue, Settings};
pub use daily_products::billing_cycles;
pub use fault::Fault;
pub use file_stamp::FileStamp;
pub use function::{AnswerError, Context, Function};
pub use guesses::Guesses;
pub use host::{Answer, DEADLINE, Host, Shared};
pub use job::{Job, serve_job};
pub use koogallery_http_event::{EventError, RequestId, SourceAddress};
pub use lambda::{StartError, lambda, serve_http, serve_routes};
pub use leases::{Held, LeaseTerms, Leases, Turn};
pub use login_record::{LoginOutcome, LoginRecord};
pub use metric_line::{Metric, STATES};
pub use nearest::nearest;
pub use pauses::Pauses;
pub use product_settings::ProductSettings;
pub use provisioning::Provisioning;
pub use record::{CallRecord, ForwardRecord, Log};
pub use scope::{Scope, ScopeError, Scopes};
pub use secret_text::SecretText;
pub use secrets::{OpenApiKey, SecretError, SecretSource, Secrets};
pub use styled::response;
pub use variables::{UnknownVariable, VARIABLES, Variable};
pub use vault::{Vault, VaultError};
pub use version::{COMMIT, VERSION, version};
