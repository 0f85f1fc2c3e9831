//! Why something is never done: what became of the event that told the application of it, and what mends that.

use std::time::{Duration, Instant};

use koogallery::ResultCode;
use koogallery_store::EventType;

use super::seller_api::{Delivery, KnownEvent, SellerApi, Subject};

/// An application has 15 seconds to answer, and before that the order's details are asked for.
const FIRST_TRY: Duration = Duration::from_secs(17);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// What was waited for, and for how long.
pub(super) struct Wait<'a> {
    /// The event that told the application.
    pub(super) event_type: EventType,
    pub(super) subject: &'a Subject,
    pub(super) patience: Duration,
    /// Whether KooGallery's order query told the order; none where it is not played here.
    pub(super) order_was_told: Option<bool>,
}

/// Why it was in vain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// A sentence that says what to mend.
    pub(super) sentence: String,
    /// Whether an application is known to have heard of it.
    pub(super) was_heard: bool,
}

impl Wait<'_> {
    /// Waits until the application was told, or that failed: only then it can be said who is to mend what. Whether it was
    /// so within the time that it takes.
    pub(super) async fn first_try(&self, api: &SellerApi) -> bool {
        let since = Instant::now();
        loop {
            let events = api.events(self.subject).await.unwrap_or_default();
            if events.iter().any(|event| event.is(self.event_type) && event.attempts > 0) {
                return true;
            }
            if since.elapsed() > FIRST_TRY {
                return false;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Asks the seller API what became of the event.
    pub(super) async fn reason(&self, api: Option<&SellerApi>) -> Reason {
        let told = match api {
            None => Err("what became of its event, --seller-api URL and KOOGALLERY_API_TOKEN let me ask".to_owned()),
            Some(api) => api.events(self.subject).await.map_err(|problem| problem.to_string()),
        };
        let because = match &told {
            Ok(events) => self.because(events.iter().rev().find(|event| event.is(self.event_type))),
            Err(problem) => problem.clone(),
        };
        let was_heard = told.is_ok_and(|events| events.iter().any(|event| event.attempts > 0));
        let (code, seconds) = (ResultCode::Processing.as_str(), self.patience.as_secs_f64());
        Reason { sentence: format!("still {code} after {seconds} s: {because}"), was_heard }
    }

    fn because(&self, event: Option<&KnownEvent>) -> String {
        let name = deliver_events::type_name(self.event_type);
        let Some(event) = event else { return format!("the call made no event {name}") };
        let why = event.last_problem.as_deref().unwrap_or("it was not taken");
        match event.delivery {
            Delivery::Delivered => format!("your application answered {name} with 2xx {}", self.lacks()),
            Delivery::Stopped => format!("your application refuses {name} ({why}). Answer 2xx, and {}", self.do_what()),
            Delivery::Undelivered if event.attempts == 0 && self.order_was_told == Some(false) => format!(
                "{name} waits for its order's details, and nobody asked the order query that is played here. \
                 Set KOOGALLERY_OPEN_API_URL where `serve` runs to its address, or leave it unset"
            ),
            Delivery::Undelivered if event.attempts == 0 => format!(
                "no try to deliver {name} has ended. Is KOOGALLERY_WEBHOOK_URL set where `serve` runs? \
                 Then your application is slow: answer 2xx within 15 s, and {} afterwards",
                self.do_what()
            ),
            Delivery::Discarded => format!("somebody gave {name} up ({why}): `koogallery events resend` delivers it"),
            Delivery::Undelivered | Delivery::Parked => {
                let hurry =
                    if why.ends_with("in time") { ". Answer 2xx at once, and provision afterwards" } else { "" };
                format!("your application did not take {name} (attempt {}): {why}{hurry}", event.attempts)
            }
        }
    }

    fn lacks(&self) -> String {
        if self.event_type == EventType::LicenseRequested {
            return format!("and handed no license in: {}", self.do_what());
        }
        format!("without appInfo, and put none: {}. --patience SECONDS waits longer", self.do_what())
    }

    fn do_what(&self) -> String {
        let subject = self.subject;
        match (self.event_type, subject) {
            (EventType::LicenseRequested, Subject::Order(_)) => format!("PUT /v1/{subject}/license"),
            (EventType::LicenseRequested, _) => format!("PUT /v1/{subject}/licenses/{{eventId}}"),
            _ => format!("answer {{\"appInfo\":{{\"frontEndUrl\":\"https://…\"}}}} or PUT /v1/{subject}/app-info"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn because(delivery: &str, attempts: u32, order_was_told: Option<bool>) -> String {
        let event: KnownEvent = serde_json::from_value(json!({
            "eventId": "e-1", "type": "instance.created", "delivery": delivery, "attempts": attempts,
            "lastProblem": (attempts > 0 && delivery != "delivered").then_some("the receiver answered HTTP 500"),
            "data": { "instanceId": "b-1" },
        }))
        .unwrap();
        let subject = Subject::Instance("b-1".to_owned());
        let patience = Duration::from_secs(10);
        Wait { event_type: EventType::Created, subject: &subject, patience, order_was_told }.because(Some(&event))
    }

    #[test]
    fn a_reason_says_what_to_mend() {
        for ((delivery, attempts, told), part) in [
            (("delivered", 1, None), "2xx without appInfo, and put none: answer {\"appInfo\""),
            (("stopped", 1, None), "refuses instance.created (the receiver answered HTTP 500). Answer 2xx"),
            (("undelivered", 2, None), "did not take instance.created (attempt 2): the receiver answered HTTP 500"),
            (("undelivered", 0, Some(true)), "answer 2xx within 15 s"),
            (("undelivered", 0, Some(false)), "Set KOOGALLERY_OPEN_API_URL"),
        ] {
            let told = because(delivery, attempts, told);
            assert!(told.contains(part), "{told}");
        }
        assert!(because("delivered", 1, None).contains("PUT /v1/instances/b-1/app-info"));
    }
}
