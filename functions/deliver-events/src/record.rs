//! The log lines of tries and sweeps: one JSON line each, with CloudWatch's embedded metrics. Never a body, a secret or personal
//! data.

use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::Ended;
use serde_json::Value;

use crate::courier::{Journal, Tried};
use crate::message::type_name;
use crate::queue::FUNCTION;
use crate::sweep::Swept;

impl Tried<'_> {
    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let (level, ended) = match self.ended {
            Some(Ended::Delivered) => ("INFO", "delivered"),
            None => ("WARN", "failed"),
            Some(Ended::Parked) => ("ERROR", "parked"),
            Some(Ended::Stopped) => ("WARN", "stopped"),
        };
        let metrics = [
            Metric::count("DeliveryTries", 1),
            Metric::count("DeliveryFailed", usize::from(self.ended != Some(Ended::Delivered))),
            Metric::milliseconds("DeliveryDuration", self.duration),
        ];
        let mut line = log.metric_line(FUNCTION, level, self.at, metrics);
        line["event"] = self.event.event_id.to_string().into();
        line["type"] = type_name(self.event.event_type).into();
        line["subject"] = self.subject.to_string().into();
        line["destination"] = self.destination.into();
        line["attempt"] = self.attempt.into();
        line["ended"] = ended.into();
        line["problem"] = self.problem.into();
        line
    }
}

impl Swept {
    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let metrics = [
            Metric::count("UndeliveredEvents", self.undelivered),
            Metric::seconds("UndeliveredAge", self.undelivered_age),
            Metric::count("ParkedEvents", self.parked),
            Metric::seconds("ProvisioningAge", self.provisioning_age),
            // What the pipe or the queue should have woken.
            Metric::count("LostWakeUps", self.driven),
        ];
        let mut line = log.metric_line(FUNCTION, "INFO", self.at, metrics);
        line["parkedOfReleased"] = self.parked_of_released.into();
        line["isWhole"] = self.is_whole.into();
        line
    }
}

impl Journal for CloudWatch {
    fn tried(&self, tried: &Tried<'_>) {
        Self::write(tried.line(self));
    }
}
