//! The commands of `koogallery`: each file has one command's arguments and what it does.

mod backup;
mod call;
mod check_store;
mod completions;
mod conform;
mod doctor;
mod erase;
mod events;
mod identity;
mod keygen;
mod listen;
mod login;
mod played;
mod progress;
mod rotate;
mod rsa_public_key;
mod serve;
mod simulate;
mod store;
mod trace;
mod usage;

use std::process::ExitCode;
use std::str::FromStr;

use crate::api::ApiError;

pub(crate) use backup::Backup;
pub(crate) use call::Call;
pub(crate) use check_store::CheckStore;
pub(crate) use completions::Completions;
pub(crate) use conform::Conform;
pub(crate) use doctor::Doctor;
pub(crate) use erase::Erase;
pub(crate) use events::Events;
pub(crate) use identity::Identity;
pub(crate) use keygen::Keygen;
pub(crate) use listen::Listen;
pub(crate) use login::Login;
pub(crate) use rotate::Rotate;
pub(crate) use serve::Serve;
pub(crate) use simulate::Simulate;
pub(crate) use trace::Trace;
pub(crate) use usage::Usage;

/// Why a command could not do its work. The text is for the person who gave the command.
pub(crate) type Failure = Box<dyn std::error::Error>;
/// How a command ended.
pub(crate) type Done = Result<ExitCode, Failure>;

/// Reads a whole number from 1, for an option.
fn from_1<T: FromStr + PartialOrd + From<u8>>(given: &str) -> Result<T, String> {
    let number = given.parse().ok().filter(|number| *number >= T::from(1));
    number.ok_or_else(|| "give a whole number from 1, in digits".to_owned())
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
