//! Which page an instance has in its state.

use koogallery_settings::{BuyerPages, WhenReady};
use koogallery_store::{FreezeCause, Instance, Status};

/// What a buyer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// That the application has still to make the instance ready.
    Preparing,
    /// That the application could not do it.
    Failed,
    /// The first steps, and the way to the application at this address.
    Welcome(&'a str),
    /// The application itself, at this address.
    Continue(&'a str),
    /// That the paid period ended, and where to renew.
    Expired,
    /// That it is suspended for another reason.
    Suspended,
}

impl<'a> Shown<'a> {
    /// What is shown of an instance whose product has these pages, or none any more. Returns none if there is nothing to show: the
    /// instance is released, or has no page and cannot be entered.
    pub(crate) fn of(instance: &'a Instance, pages: Option<&BuyerPages>) -> Option<Self> {
        let app = instance.app_info.as_ref().map(|info| info.front_end_url.as_str());
        let Some(pages) = pages else {
            // KooGallery still has the address, and a buyer who may enter must not find a closed door.
            return app.filter(|_| instance.life.status == Status::Active).map(Self::Continue);
        };
        match (instance.life.status, app) {
            (Status::Released, _) => None,
            (Status::Frozen, _) => Some(match instance.life.freeze_cause {
                Some(FreezeCause::Expired) => Self::Expired,
                Some(FreezeCause::Suspended) | None => Self::Suspended,
            }),
            (Status::Active, Some(app)) => Some(match pages.when_ready {
                WhenReady::Welcome => Self::Welcome(app),
                WhenReady::Continue => Self::Continue(app),
            }),
            (Status::Provisioning | Status::Active, _) if instance.provisioning_failure.is_some() => Some(Self::Failed),
            (Status::Provisioning | Status::Active, _) => Some(Self::Preparing),
        }
    }

    /// The word for it in the log.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Failed => "failed",
            Self::Welcome(_) => "welcome",
            Self::Continue(_) => "continue",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
        }
    }
}

#[cfg(test)]
mod tests {
    use koogallery_settings::SettingsDocument;
    use koogallery_store::Instance;
    use serde_json::{Value, json};

    use super::*;

    fn instance(status: &str, cause: Value, app: Option<&str>, failed: bool) -> Instance {
        let mut instance = json!({
            "instanceId": "i-1", "orderId": "CS1", "interfaceType": "basic", "createdAt": 1, "status": status, "newest": 1,
            "version": 1, "freezeCause": cause,
        });
        if let Some(app) = app {
            instance["appInfo"] = json!({ "frontEndUrl": app });
        }
        if failed {
            instance["provisioningFailure"] = json!({ "code": "000100" });
        }
        serde_json::from_value(instance).unwrap()
    }

    #[test]
    fn each_state_has_its_page_and_what_is_over_has_none() {
        let app = "https://app.example.com/";
        let pages = |when_ready: &str| {
            let pages = json!({ "name": { "zh": "一", "en": "A" }, "support": "a@example.com", "renewal": app, "whenReady": when_ready });
            let document = json!({ "format": 1, "default": { "buyerPages": pages } });
            SettingsDocument::of(&document.into()).unwrap()
        };
        let (welcome, to_continue) = (pages("welcome"), pages("continue"));
        for (status, cause, app, failed, with_welcome, with_continue, without) in [
            ("provisioning", Value::Null, None, false, Some("preparing"), Some("preparing"), None),
            ("provisioning", Value::Null, None, true, Some("failed"), Some("failed"), None),
            ("active", Value::Null, Some(app), false, Some("welcome"), Some("continue"), Some("continue")),
            ("frozen", "expired".into(), Some(app), false, Some("expired"), Some("expired"), None),
            ("frozen", "suspended".into(), Some(app), false, Some("suspended"), Some("suspended"), None),
            ("frozen", Value::Null, None, false, Some("suspended"), Some("suspended"), None),
            ("released", Value::Null, Some(app), false, None, None, None),
        ] {
            let instance = instance(status, cause, app, failed);
            let word = |pages| Shown::of(&instance, pages).map(Shown::word);
            let shown = (word(welcome.buyer_pages(None)), word(to_continue.buyer_pages(None)), word(None));
            assert_eq!(shown, (with_welcome, with_continue, without), "{status}");
        }
    }
}
