//! What is looked at before a host starts, and what `koogallery doctor` looks at of a deployment's configuration: each
//! mistake is told with its variable and the mend, all of them at once.

mod addresses;
mod clock;
mod secrets;
mod well_known;

use std::fmt;
use std::sync::Arc;

use koogallery::InterfaceType;
use koogallery_open_api::BaseUrl;
use koogallery_runtime::{ConfigError, Environment, SecretError, SecretSource, Secrets, UnknownVariable};

pub use addresses::addresses;
pub use clock::{ClockError, Difference, clock_of};
use secrets::families_without_key;
pub use secrets::{Named, Needs, Place, SecretProblem, secrets};
pub use well_known::{Reach, WellKnown, well_known, with_own_seal_key};

/// A mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A variable that nothing reads.
    #[error(transparent)]
    Unknown(#[from] UnknownVariable),
    /// A key that everybody knows, where it protects nothing.
    #[error(transparent)]
    WellKnown(#[from] WellKnown),
    /// A variable's value, or that it is not set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretProblem),
    /// The file of secrets.
    #[error(transparent)]
    Unread(#[from] SecretError),
}

/// All mistakes, a line for each.
#[derive(Debug, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

/// Looks at what a host is to be started with.
pub async fn before_start(environment: &Environment, reach: Reach) -> Result<(), Problems> {
    let mut problems: Vec<Problem> = environment.unknown_variables().into_iter().map(Problem::from).collect();
    problems.extend(well_known(environment, reach).into_iter().map(Problem::from));
    problems.extend(addresses(environment).into_iter().map(Problem::from));
    // Those of a secret in AWS can be mended while the host runs: they are told, and no reason not to start.
    if environment.get("KOOGALLERY_SECRET_ARN").is_none() {
        problems.extend(of_this_machine(environment).await);
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// What is wrong with the secrets that stand in variables, or in a file.
async fn of_this_machine(environment: &Environment) -> Vec<Problem> {
    // Where there are no access keys, everything else is looked at all the same.
    let with_keys = match environment.get("KOOGALLERY_KEYS").or_else(|| environment.secret()) {
        Some(_) => environment.clone(),
        None => environment.clone().with("KOOGALLERY_KEYS", crate::keys::LOCAL_TEST_KEYS),
    };
    let source = match SecretSource::of(&with_keys) {
        Ok(source) => source.with_access_keys(),
        Err(error) => return vec![error.into()],
    };
    match source.current().await {
        Ok(held) => {
            secrets(&held, Needs::of(environment), &Place::of(environment)).into_iter().map(Problem::from).collect()
        }
        Err(error) => vec![error.into()],
    }
}

/// What a host tells at its start that is no reason not to start.
pub async fn notices(environment: &Environment) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(held) = own_secrets(environment, &mut told).await {
        let place = Place::of(environment);
        if matches!(place, Place::Secret(_)) {
            told.extend(secrets(&held, Needs::of(environment), &place).iter().map(ToString::to_string));
        }
        told.extend(not_answered(&held, &place).iter().map(ToString::to_string));
    }
    // The order query's host is KooGallery's: its clock is the one that signs.
    if let Some(base) = environment.get("KOOGALLERY_OPEN_API_URL").and_then(|url| url.trim().parse::<BaseUrl>().ok())
        && let Ok(difference) = clock_of(base.as_str()).await
        && difference.is_far()
    {
        told.push(format!(
            "this machine's clock is {difference} of {base}: calls are refused; set it by NTP (`timedatectl set-ntp true`)"
        ));
    }
    told
}

/// The seller's own secrets, where there are any; why they cannot be read is told.
async fn own_secrets(environment: &Environment, told: &mut Vec<String>) -> Option<Arc<Secrets>> {
    match SecretSource::of(environment).ok()?.current().await {
        Ok(held) => Some(held),
        Err(problem) => {
            told.push(problem.to_string());
            None
        }
    }
}

/// Calls that cannot be answered for want of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// These interface types have no access key.
    NoKeys {
        /// Which.
        interfaces: Vec<InterfaceType>,
        /// Where the keys stand.
        keys: Named,
    },
    /// The kit has one, and nothing decrypts its client secrets.
    NoRsaKey(Named),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeys { interfaces, keys } => {
                let names: Vec<&str> = interfaces.iter().copied().map(InterfaceType::name).collect();
                let names = names.join(", ");
                write!(
                    f,
                    "calls of {names} are refused with 000001: {keys} has no key of theirs; set one for each that you sell"
                )
            }
            Self::NoRsaKey(key) => write!(
                f,
                "applicationSync is answered 000005: there is a kit key, but {key} is not set; `koogallery keygen` makes one"
            ),
        }
    }
}

/// What cannot be answered with these secrets.
#[must_use]
pub fn not_answered(held: &Secrets, place: &Place) -> Vec<Unanswered> {
    let interfaces = families_without_key(held);
    let keys = place.names("KOOGALLERY_KEYS", "accessKeys");
    let no_keys = (!interfaces.is_empty()).then_some(Unanswered::NoKeys { interfaces, keys });
    let lacks_rsa = !held.access_keys.of(InterfaceType::Kit).is_empty() && held.rsa_private_key.is_none();
    let no_rsa = lacks_rsa.then(|| Unanswered::NoRsaKey(place.names("KOOGALLERY_RSA_PRIVATE_KEY", "rsaPrivateKey")));
    no_keys.into_iter().chain(no_rsa).collect()
}
