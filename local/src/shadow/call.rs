//! What a call says, as far as a comparison needs it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Uri;
use koogallery::Callback;
use serde_json::Value;

/// Ids of a call that are told.
const IDS: [&str; 6] = ["orderId", "orderLineId", "instanceId", "tenantId", "appId", "testFlag"];
/// The longest id that is told.
const LONGEST_ID: usize = 64;

/// Whether a text can be an id: what people write about one another cannot.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:#".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(fits)
}

/// What a call says: its parameters, or the members of its body.
pub(super) enum Said {
    Parameters(BTreeMap<String, String>),
    Body(Value),
}

impl Said {
    pub(super) fn of(uri: &Uri, body: &Bytes) -> Self {
        if let Ok(value @ Value::Object(_)) = serde_json::from_slice(body) {
            return Self::Body(value);
        }
        let written = if body.is_empty() { uri.query().unwrap_or_default().as_bytes() } else { body };
        Self::Parameters(form_urlencoded::parse(written).into_owned().collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = match self {
            Self::Parameters(parameters) => parameters.get(name).cloned(),
            Self::Body(body) => body[name].as_str().map(str::to_owned),
        };
        text.filter(|text| is_id(text))
    }

    /// The ids that it names.
    pub(super) fn ids(&self) -> BTreeMap<String, String> {
        IDS.iter().filter_map(|name| Some(((*name).to_owned(), self.text(name)?))).collect()
    }

    /// The id that a purchase gives its instance; none of other calls.
    pub(super) fn bought(&self, uri: &Uri) -> Option<String> {
        (self.callback(uri) == Callback::NewInstance.activity()).then(|| self.text("businessId"))?
    }

    /// Whether it is signed as V1.0 signs: replies to such calls are signed as well.
    pub(super) fn is_v1(uri: &Uri) -> bool {
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(name, _)| name == "authToken")
    }

    /// The activity; of a call of the kit, which has none, the end of its path.
    pub(super) fn callback(&self, uri: &Uri) -> String {
        let of_path = || uri.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let name = self.text("activity").unwrap_or_else(|| of_path().to_owned());
        name.chars().filter(char::is_ascii_alphanumeric).take(LONGEST_ID).collect()
    }
}
