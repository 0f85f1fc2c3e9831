//! Statements of KooGallery as the commands handle them: a file is read here and its rows are sent to the seller API; the comparison
//! with what the seller API knows of orders runs here as well, so no function has to read a file.

mod facts;
mod import;
mod matched;
mod outcome;
mod shown;

pub use import::{Import, ImportError, Imported};
pub use matched::{Compare, keep};
pub use outcome::{Compared, write_csv};
pub use shown::Proposed;

use koogallery_statements::Digest;
use serde_json::Value;

use crate::api::{Api, ApiError};

/// Explains a finding.
pub async fn explain(api: &Api, finding: &Digest, note: &str, by: Option<&str>) -> Result<Value, ApiError> {
    let mut body = serde_json::json!({ "note": note });
    if let Some(by) = by {
        body["by"] = by.into();
    }
    api.put(&["findings", &finding.to_string(), "explanation"], &body).await
}

/// What the seller API answered has another form.
fn malformed(what: &str) -> ApiError {
    ApiError::Malformed(what.to_owned())
}
