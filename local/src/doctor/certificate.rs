//! The certificate of the production address, as a stranger sees it: KooGallery calls no address whose certificate is not
//! valid.

use std::time::SystemTime;

use http::Uri;
use koogallery_certificate::{CertificateError, Validity, certificate_of, of_this_machine};

use super::Doctor;
use crate::findings::Finding;

const CHECK: &str = "certificate";
/// With fewer days left, it is time to see why it was not renewed.
const DAYS_LEFT: u64 = 14;

impl Doctor {
    /// Whether KooGallery would accept the certificate, and for how long.
    pub(super) async fn certificate(&self) -> Vec<Finding> {
        let host = self.address.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let proxied = !self.is_here()
            && self.address.as_str().parse::<Uri>().is_ok_and(|address| {
                hyper_util::client::proxy::matcher::Matcher::from_env().intercept(&address).is_some()
            });
        let found = if self.address.scheme() == "http" {
            if self.is_here() {
                Finding::not_checked(CHECK, "an address on this machine has none; KooGallery calls https alone")
            } else {
                Finding::problem(CHECK, "the address is http: KooGallery calls https alone; put a TLS proxy before it")
            }
        } else if proxied {
            Finding::not_checked(
                CHECK,
                "a proxy stands between here and there: unset HTTPS_PROXY, or look from elsewhere",
            )
        } else {
            match of_this_machine() {
                Err(problem) => Finding::not_checked(CHECK, format_args!("no TLS here: {problem}")),
                Ok(tls) => {
                    let port = self.address.port_or_known_default().unwrap_or(443);
                    told(certificate_of(host, port, tls).await, SystemTime::now())
                }
            }
        };
        vec![found]
    }
}

fn told(seen: Result<Validity, CertificateError>, now: SystemTime) -> Finding {
    match seen {
        Ok(validity) => match validity.days_left(now) {
            days if days < DAYS_LEFT => Finding::problem(
                CHECK,
                format_args!("valid for {days} more days only: renew it; afterwards KooGallery's calls fail"),
            ),
            days => Finding::ok(CHECK, format_args!("valid for {days} more days")),
        },
        Err(error @ CertificateError::Tls(_)) => Finding::problem(
            CHECK,
            format_args!("{error}: serve one of a public authority, for this name, with its whole chain"),
        ),
        Err(error @ CertificateError::Unreadable) => Finding::problem(CHECK, error),
        Err(error) => {
            Finding::problem(CHECK, format_args!("{error}: is the name right, and does a firewall let it pass?"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::findings::State;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn two_weeks_are_enough_to_renew() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100 * DAY);
        let after = |days: u64| told(Ok(Validity { until: now + Duration::from_secs(days * DAY + 5) }), now);
        assert_eq!((after(14).state, after(13).state), (State::Ok, State::Problem));
        assert_eq!(after(90).detail, "valid for 90 more days");
        assert!(after(3).detail.contains("3 more days"));
        assert_eq!(Validity { until: now }.days_left(now + Duration::from_secs(1)), 0);
    }
}
