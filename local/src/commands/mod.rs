//! The commands of `koogallery`: each file has one command's arguments and what it does.

mod backup;
mod call;
mod check_store;
mod completions;
mod conform;
mod demands;
mod doctor;
mod erase;
mod events;
mod identity;
mod import;
mod keygen;
mod listen;
mod login;
mod notify;
mod orders;
mod played;
mod progress;
mod promote;
mod rotate;
mod rsa_public_key;
mod serve;
mod settings;
mod shadow;
mod simulate;
mod statements;
mod store;
mod trace;
mod usage;
mod warnings;

use std::process::ExitCode;
use std::str::FromStr;

use crate::api::ApiError;

pub(crate) use backup::Backup;
pub(crate) use call::Call;
pub(crate) use check_store::CheckStore;
pub(crate) use completions::Completions;
pub(crate) use conform::Conform;
pub(crate) use demands::Demands;
pub(crate) use doctor::Doctor;
pub(crate) use erase::Erase;
pub(crate) use events::Events;
pub(crate) use identity::Identity;
pub(crate) use import::Import;
pub(crate) use keygen::Keygen;
pub(crate) use listen::Listen;
pub(crate) use login::Login;
pub(crate) use notify::Notify;
pub(crate) use orders::Orders;
pub(crate) use promote::Promote;
pub(crate) use rotate::Rotate;
pub(crate) use serve::Serve;
pub(crate) use settings::Settings;
pub(crate) use shadow::ShadowCalls;
pub(crate) use simulate::Simulate;
pub(crate) use trace::Trace;
pub(crate) use usage::Usage;
pub(crate) use warnings::Warnings;

/// Why a command could not do its work. The text is for the person who gave the command.
pub(crate) type Failure = Box<dyn std::error::Error>;
/// How a command ended.
pub(crate) type Done = Result<ExitCode, Failure>;

/// Reads a whole number from 1, for an option.
fn from_1<T: FromStr + PartialOrd + From<u8>>(given: &str) -> Result<T, String> {
    let number = given.parse().ok().filter(|number| *number >= T::from(1));
    number.ok_or_else(|| "give a whole number from 1, in digits".to_owned())
}

/// Reads one of some words, and says which there are.
fn one_of<T: FromStr + Copy + Into<&'static str>>(given: &str, all: &[T]) -> Result<T, String> {
    let known = || all.iter().map(|word| (*word).into()).collect::<Vec<&str>>().join(", ");
    given.parse().map_err(|_| format!("there are: {}", known()))
}

/// Who acts, for the record of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Person {
    /// Who acts: the record has it after the name of the token [default: the user of this machine].
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Person {
    /// The name, if there is one.
    fn name(&self) -> Option<String> {
        let environment = koogallery_runtime::Environment::of_process();
        let user = || environment.get("USER").or(environment.get("USERNAME")).map(str::to_owned);
        self.by.clone().or_else(user).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
    }
}

/// A body of JSON of the members that are there.
fn body<const N: usize>(members: [(&str, Option<String>); N]) -> serde_json::Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    serde_json::Value::Object(present.collect())
}

/// Goes on with what the seller API answers. If it does not know the subject, it says so, and the command ends with 1.
#[allow(clippy::print_stderr)]
fn or_unknown<T>(answer: Result<T, ApiError>, go_on: impl FnOnce(T) -> Done) -> Done {
    match answer {
        Ok(answer) => go_on(answer),
        Err(ApiError::Unknown(detail)) => {
            eprintln!("koogallery: {detail}");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}
