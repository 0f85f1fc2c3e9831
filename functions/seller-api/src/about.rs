//! What a warning or an action is about, as answers show it.

use koogallery_store::About;
use serde::Serialize;
use utoipa::ToSchema;

use crate::subjects::SubjectView;

/// What something is about: one of these; none of them is the whole deployment.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = About, examples(json!({ "orderId": "CS2509071201OKVI2" })))]
pub(crate) struct AboutView {
    /// An instance, an order, a license code, a tenant or a warning.
    #[serde(flatten)]
    subject: SubjectView,
    /// The customer demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    demand_id: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The callback, such as `newInstance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    /// The statement, by the SHA-256 of its file, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
}

impl From<&About> for AboutView {
    fn from(about: &About) -> Self {
        let nothing = Self::default();
        match about {
            About::Subject(subject) => Self { subject: SubjectView::revealing(subject), ..nothing },
            About::Demand(id) => Self { demand_id: Some(id.to_string()), ..nothing },
            About::Product(id) => Self { product_id: Some(id.as_str().to_owned()), ..nothing },
            About::Callback(name) => Self { callback: Some(name.as_str().to_owned()), ..nothing },
            About::Statement(digest) => Self { statement: Some(digest.as_str().to_owned()), ..nothing },
            About::Deployment => nothing,
        }
    }
}
