//! The activation of a license moves the supervision of its order: KooGallery passes that step by itself then.

use koogallery::{LicenseCode, Timestamp};
use koogallery_open_api::{LicenseInfo, SentTime};
use koogallery_store::{Cause, Raise, Step, StepKind, StoreError, Subject, Warning};

use crate::SellerApi;

impl SellerApi {
    /// Tells the supervision of the order that KooGallery names that its license was activated. The service starts with the
    /// activation, or at the time that the request gave. If the product is supervised and the order is not yet, that begins here.
    pub(crate) async fn tell_activation(
        &self,
        code: &LicenseCode,
        info: &LicenseInfo,
        starts_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(order) = &info.order_id else { return Ok(()) };
        let now = self.now();
        let settings = self.settings().await?;
        let flow = match &info.product_id {
            Some(product) => self.supervised.flow_by(&settings.document, Some(product)),
            None if self.supervised.is_empty() && !settings.document.supervises() => None,
            None => {
                let license = self.store().license(code).await?;
                let product = license.and_then(|license| license.life.product_id);
                self.supervised.flow_by(&settings.document, product.as_ref())
            }
        };
        if let Some(flow) = flow {
            let record = self.store().order_record(order).await?;
            let paid_at = record.reports.first().map_or(now, |report| report.signed_at);
            self.store().open_supervision(order, flow, paid_at, None, now).await?;
        }
        let told = info.activate_time.as_ref().and_then(SentTime::timestamp);
        let step =
            Step { service_started_at: starts_at.or(told).or(Some(now)), ..Step::told(StepKind::Activated, now) };
        self.store().tell_step(order, step, now).await.map(drop)
    }

    /// Warns that the step could not be entered. KooGallery would refuse to activate the license once more, so a person has to enter it.
    pub(crate) async fn warn_of_activation(&self, info: &LicenseInfo) -> Result<(), StoreError> {
        let Some(order) = &info.order_id else { return Ok(()) };
        let now = self.now();
        let raise = Raise { cause: Cause::ActivationNotEntered, since: now, at: now, due_at: None };
        self.store().raise(&Warning::new(Subject::Order(order.clone()).into(), &raise, now)).await.map(drop)
    }
}
