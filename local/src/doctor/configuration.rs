//! The configuration, as far as it is set here: what a host looks at before it starts.

use koogallery_runtime::{Environment, Secrets};

use super::Doctor;
use crate::checks;
use crate::findings::{Finding, State};

impl Doctor {
    /// The names of the variables, and the addresses among them.
    pub(super) fn variables(&self) -> Vec<Finding> {
        let unknown = self.environment.unknown_variables();
        let unknown = unknown.iter().map(|unknown| Finding::problem("variables", unknown));
        let addresses = checks::addresses(&self.environment);
        let found: Vec<_> =
            unknown.chain(addresses.iter().map(|problem| Finding::problem("variables", problem))).collect();
        let ok = || vec![Finding::ok("variables", "each that is set here is known, and each address has its scheme")];
        if found.is_empty() { ok() } else { found }
    }

    /// The secrets, each as far as it is there, and who has no key.
    pub(super) fn secrets(&self, environment: &Environment, held: &Secrets) -> Vec<Finding> {
        if self.uses_test_keys && !self.is_here() {
            let why = "set KOOGALLERY_SECRET_ARN or KOOGALLERY_SECRET_FILE, or KOOGALLERY_KEYS and the others, as the deployment has them";
            return vec![Finding::not_checked("secrets", why)];
        }
        let problems = checks::secrets(held, checks::Needs::of(environment), &self.place());
        let problems = problems.iter().map(|problem| Finding::problem("secrets", problem));
        let mut found: Vec<_> =
            problems.chain(checks::not_answered(held, &self.place()).into_iter().map(without_key)).collect();
        if found.iter().all(|finding| finding.state != State::Problem) {
            found.insert(0, Finding::ok("secrets", "each that is there can be used"));
        }
        found
    }
}

/// A seller who sells nothing of a family needs no key of it; whoever has a kit key needs the RSA key.
fn without_key(unanswered: checks::Unanswered) -> Finding {
    match unanswered {
        checks::Unanswered::NoKeys { .. } => Finding::not_checked("secrets", unanswered),
        checks::Unanswered::NoRsaKey(_) => Finding::problem("secrets", unanswered),
    }
}
