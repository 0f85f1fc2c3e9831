//! The lives that come with the command: the files in `local/lives`, by family.

use super::family::Family;
use super::life::{Life, LifeError};

/// A built-in life: its file's name, and what is in it.
macro_rules! lives {
    ($($name:literal),+) => { &[$(($name, include_str!(concat!("../../lives/", $name)))),+] };
}

/// The lives of what a family sells.
pub(super) fn built_in_lives(family: Family) -> Result<Vec<Life>, LifeError> {
    let files: &[(&str, &str)] = match family {
        Family::Saas => lives!(
            "saas.json",
            "saas-trial.json",
            "saas-two-lines.json",
            "saas-one-time.json",
            "saas-pay-per-use.json",
            "saas-debug.json"
        ),
        Family::OrderNotice => lives!("order-notice.json"),
        Family::Kit => lives!("kit.json"),
        Family::License => lives!("license.json"),
        Family::OnlineLicense => lives!("online-license.json"),
        Family::SaasV1 => lives!("saas-v1.json"),
        Family::KitV1 => lives!("kit-v1.json"),
        Family::LicenseV1 => lives!("license-v1.json"),
        // They play no lives of callbacks: see `usage_month` and `order_life`.
        Family::Usage | Family::Orders => &[],
    };
    files.iter().map(|(name, text)| Life::parse(name, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_life_is_one() {
        for family in Family::ALL {
            let lives = built_in_lives(family).unwrap();
            assert!(!lives.is_empty() && lives.iter().all(|life| life.family == family), "{family:?}");
            // What is shown of it fits into a line.
            let steps = lives.iter().flat_map(|life| &life.steps);
            assert!(steps.clone().all(|step| step.tried.chars().count() <= 36), "{family:?}");
        }
    }
}
