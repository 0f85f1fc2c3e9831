//! What is logged of a try and of a sweep: one JSON line each, with CloudWatch's embedded metrics. Never a body, a secret
//! or personal data.

use koogallery_runtime::{CloudWatch, Environment};
use koogallery_store::Ended;
use serde_json::Value;

use crate::courier::{Journal, Tried};
use crate::message::type_name;
use crate::sweep::Swept;

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatchJournal(CloudWatch);

impl CloudWatchJournal {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self(CloudWatch::of(environment))
    }

    /// The line of a try.
    #[must_use]
    pub fn tried_line(&self, tried: &Tried<'_>) -> Value {
        let (level, ended) = match tried.ended {
            Some(Ended::Delivered) => ("INFO", "delivered"),
            None => ("WARN", "failed"),
            Some(Ended::Parked) => ("ERROR", "parked"),
            Some(Ended::Stopped) => ("WARN", "stopped"),
        };
        let metrics = [("DeliveryTries", "Count"), ("DeliveryFailed", "Count"), ("DeliveryDuration", "Milliseconds")];
        let mut line = self.0.with_metrics("deliver-events", tried.at, &metrics);
        line["level"] = level.into();
        line["event"] = tried.event.event_id.to_string().into();
        line["type"] = type_name(tried.event.event_type).into();
        line["subject"] = tried.subject.shown().into();
        line["destination"] = tried.destination.into();
        line["attempt"] = tried.attempt.into();
        line["ended"] = ended.into();
        line["problem"] = tried.problem.into();
        line["DeliveryTries"] = 1.into();
        line["DeliveryFailed"] = u8::from(tried.ended != Some(Ended::Delivered)).into();
        line["DeliveryDuration"] = (tried.duration.as_secs_f64() * 1e3).into();
        line
    }

    /// The line of a sweep.
    #[must_use]
    pub fn swept_line(&self, swept: &Swept) -> Value {
        let metrics = [
            ("UndeliveredEvents", "Count"),
            ("UndeliveredAge", "Seconds"),
            ("ParkedEvents", "Count"),
            ("ProvisioningAge", "Seconds"),
        ];
        let mut line = self.0.with_metrics("deliver-events", swept.at, &metrics);
        line["level"] = "INFO".into();
        line["driven"] = swept.driven.into();
        line["UndeliveredEvents"] = swept.undelivered.into();
        line["UndeliveredAge"] = swept.undelivered_age.as_secs().into();
        line["ParkedEvents"] = swept.parked.into();
        line["ProvisioningAge"] = swept.provisioning_age.as_secs().into();
        line
    }

    /// Writes a sweep's line.
    pub(crate) fn swept(&self, swept: &Swept) {
        CloudWatch::write(&self.swept_line(swept));
    }
}

impl Journal for CloudWatchJournal {
    fn tried(&self, tried: &Tried<'_>) {
        CloudWatch::write(&self.tried_line(tried));
    }
}
