//! What things are called where people read of them, and the paths of their pages in the console.

use koogallery_store::{About, LicenseRequest, LicenseRequestId, Subject};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a segment of a path contains as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as a segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The path of the page of something. That of a license code has the whole code: it is never logged.
#[must_use]
pub fn path_of(subject: &Subject) -> String {
    match subject {
        Subject::Instance(id) => format!("/instances/{}", segment(id.as_str())),
        Subject::Order(id) => format!("/orders/{}", segment(id.as_str())),
        Subject::License(code) => format!("/licenses/{}", segment(code.reveal())),
        Subject::Tenant(id) => format!("/tenants/{}", segment(id.as_str())),
        Subject::Warning(id) => format!("/warnings/{id}"),
    }
}

/// What something is called. Of a license code only the end is shown.
#[must_use]
pub fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::Instance(id) => id.to_string(),
        Subject::Order(id) => id.to_string(),
        Subject::License(code) => code.to_string(),
        Subject::Tenant(id) => id.to_string(),
        Subject::Warning(id) => id.as_str().to_owned(),
    }
}

/// What something is called that may have no page.
#[must_use]
pub fn name_of_about(about: &About) -> String {
    match about {
        About::Subject(subject) => name_of(subject),
        About::Callback(name) => name.as_str().to_owned(),
        About::Product(id) => id.as_str().to_owned(),
        About::Demand(_) | About::Statement(_) | About::Deployment => about.to_string(),
    }
}

/// What a license is asked for.
#[must_use]
pub fn requested(request: &LicenseRequest) -> Subject {
    match &request.id {
        LicenseRequestId::Device { instance_id, .. } => Subject::Instance(instance_id.clone()),
        LicenseRequestId::Purchase { order_id, .. } => Subject::Order(order_id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        let path = path_of(&Subject::Order("a/b?c#d e%".parse().unwrap()));
        assert_eq!(path, "/orders/a%2Fb%3Fc%23d%20e%25");
    }
}
