//! What a document says of a product. Each member says nothing if it is absent: what holds then is told at [`crate::SettingsDocument`].

use std::collections::BTreeMap;

use http::StatusCode;
use koogallery::{SkuCode, Text};
use koogallery_store::{Cycle, Flow, LicenseRules};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::app_info::AppInfoTemplate;
use crate::buyer_pages::PagesSetting;
use crate::change_rule::ChangeRule;
use crate::oidc_client::OidcClient;

/// What a document says of a product, or of all that it does not name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// Who provisions an instance.
    pub provisioning: Option<Mode>,
    /// What the buyer sees of an instance that is ready at once, and KooGallery in debug calls.
    pub app_info: Option<AppInfoTemplate>,
    /// The pages that its buyers meet before the application, and instead of it.
    pub buyer_pages: Option<PagesSetting>,
    /// Where events go.
    pub webhook: Option<WebhookSettings>,
    /// The applications that buyers' users log in to.
    pub oidc_clients: Vec<OidcClient>,
    /// Which changes of specification a renewal may make.
    pub changes: Option<ChangeRule>,
    /// What a request for a license must fulfil.
    pub licenses: Option<LicenseRules>,
    /// How use is billed.
    pub cycle: Option<Cycle>,
    /// Whether an order of it is supervised, and by which flow.
    pub supervision: Option<Supervised>,
    /// What the plan is called.
    pub plan: Option<Text<64>>,
    /// What users may do, and how much.
    pub features: Option<Vec<Feature>>,
    /// What differs in its SKUs.
    pub skus: BTreeMap<SkuCode, Sku>,
}

/// What a document says of a SKU.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sku {
    /// What a request for a license must fulfil.
    pub licenses: Option<LicenseRules>,
    /// What the plan is called.
    pub plan: Option<Text<64>>,
    /// What users may do, and how much.
    pub features: Option<Vec<Feature>>,
}

/// Who provisions an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Mode {
    /// Nobody: it is ready at once.
    Instant,
    /// The seller's application, which then sends the app info.
    Deferred,
}

/// Whether orders of a product are supervised (服务监管).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supervised {
    /// They are not.
    No,
    /// They are, by this flow.
    By(Flow),
}

impl Supervised {
    /// The flow, if they are.
    #[must_use]
    pub const fn flow(self) -> Option<Flow> {
        match self {
            Self::No => None,
            Self::By(flow) => Some(flow),
        }
    }
}

/// Where the events of a product go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// The address.
    pub url: String,
    /// The name of the secrets that sign events; those without a name if it is absent.
    pub secret_name: Option<Text<64>>,
    /// The statuses that mean that an event is not wanted; those of the environment if it is absent.
    pub stop_statuses: Option<Vec<StatusCode>>,
}

/// What users of an instance may do. The application knows what the name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Its name.
    pub name: Text<64>,
    /// How much of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}
