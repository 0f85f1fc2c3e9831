//! CAS 3.0 of a tenant (topic 0070649473): a ticket, once, for the user's data. Success and failure are both HTTP 200.

use roxmltree::{Document, Node};
use serde::Deserialize;
use serde_json::Value;

use crate::upstream::UpstreamError;
use crate::upstream::address::Address;
use crate::upstream::answer::answered;
use crate::upstream::person::{Person, told};

/// The namespace of CAS's XML.
const NAMESPACE: &str = "http://www.yale.edu/tp/cas";

/// Why a ticket was not validated. Nothing of the answer is told but a code of CAS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CasError {
    #[error("the tenant's CAS refused the ticket: {0}")]
    Refused(CasCode),
    #[error("the tenant's CAS answered HTTP {0}")]
    Status(u16),
    #[error("the tenant's CAS answered with neither XML nor JSON of CAS 3.0")]
    Form,
    #[error("the tenant's CAS named no user")]
    NoUser,
}

/// A code of CAS: those that its protocol knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CasCode {
    InvalidRequest,
    InvalidTicketSpec,
    UnauthorizedServiceProxy,
    InvalidProxyCallback,
    InvalidTicket,
    InvalidService,
    InternalError,
    #[strum(serialize = "another code")]
    Other,
}

/// Where a browser logs in; with `again` also if it has a session (`renew` of CAS).
pub(super) fn login(address: &Address, service: &str, again: bool) -> String {
    let query = [("service", service), ("renew", "true")];
    address.at("/api/v1/cas/login", if again { &query } else { &query[..1] })
}

/// Where a browser ends its session with the tenant.
pub(super) fn logout(address: &Address) -> String {
    address.at("/api/v1/cas/logout", &[])
}

/// Validates a ticket for this service.
pub(super) async fn validate(
    http: &reqwest::Client,
    address: &Address,
    service: &str,
    ticket: &str,
) -> Result<Person, UpstreamError> {
    let query = [("service", service), ("ticket", ticket), ("format", "JSON")];
    let answer = answered(http.get(address.at("/api/v1/cas/p3/serviceValidate", &query))).await?;
    if !answer.status.is_success() {
        return Err(CasError::Status(answer.status.as_u16()).into());
    }
    Ok(read(&answer.body)?)
}

/// Reads an answer. The form is asked for, but what comes says itself which one it is.
fn read(body: &str) -> Result<Person, CasError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let person = if body.starts_with('{') { of_json(body)? } else { of_xml(body)? };
    if person.user_name.is_none() { Err(CasError::NoUser) } else { Ok(person) }
}

fn refused(code: &str) -> CasError {
    CasError::Refused(code.parse().unwrap_or(CasCode::Other))
}

fn of_json(body: &str) -> Result<Person, CasError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        service_response: Response,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        authentication_success: Option<Success>,
        authentication_failure: Option<Failure>,
    }
    #[derive(Deserialize)]
    struct Success {
        user: Option<String>,
        #[serde(default)]
        attributes: Value,
    }
    #[derive(Deserialize)]
    struct Failure {
        #[serde(default)]
        code: String,
    }
    let Wire { service_response } = serde_json::from_str(body).map_err(|_| CasError::Form)?;
    match service_response {
        Response { authentication_failure: Some(failure), .. } => Err(refused(&failure.code)),
        Response { authentication_success: Some(Success { user, attributes }), .. } => {
            // A CAS server may send each attribute as a list.
            let attributes = match attributes {
                Value::Object(attributes) => attributes.into_iter().map(|(name, value)| (name, first(value))).collect(),
                _ => serde_json::Map::new(),
            };
            let person: Person = serde_json::from_value(attributes.into()).map_err(|_| CasError::Form)?;
            Ok(named(person, user.as_deref()))
        }
        Response { .. } => Err(CasError::Form),
    }
}

fn first(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().next().unwrap_or_default(),
        value => value,
    }
}

/// The reader refuses a document type, so nothing in the XML can name a file or an address, or grow.
fn of_xml(body: &str) -> Result<Person, CasError> {
    let document = Document::parse(body).map_err(|_| CasError::Form)?;
    let root = document.root_element();
    if !root.has_tag_name((NAMESPACE, "serviceResponse")) {
        return Err(CasError::Form);
    }
    if let Some(failure) = child(root, "authenticationFailure") {
        return Err(refused(failure.attribute("code").unwrap_or_default()));
    }
    let success = child(root, "authenticationSuccess").ok_or(CasError::Form)?;
    let attributes = child(success, "attributes");
    let attribute = |name| told(child(attributes?, name)?.text()?);
    let person = Person {
        user_name: attribute("userName"),
        name: attribute("name"),
        email: attribute("email"),
        mobile: attribute("mobile"),
        role: attribute("role"),
        organization_code: attribute("organizationCode"),
        tenant: attribute("tenant"),
    };
    Ok(named(person, child(success, "user").and_then(|user| user.text())))
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|child| child.has_tag_name((NAMESPACE, name)))
}

/// With the user of CAS itself, where no attribute names one.
fn named(person: Person, user: Option<&str>) -> Person {
    let user_name = person.user_name.clone().or_else(|| told(user?));
    Person { user_name, ..person }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(inner: &str) -> String {
        format!(r#"<cas:serviceResponse xmlns:cas="{NAMESPACE}">{inner}</cas:serviceResponse>"#)
    }

    #[test]
    fn xml_and_json_say_the_same() {
        let of_xml = read(&xml(
            "<cas:authenticationSuccess><cas:user>u-1</cas:user><cas:attributes><cas:userName>li.lei</cas:userName>\
             <cas:name>李雷</cas:name><cas:tenant>t-1</cas:tenant><cas:role>null</cas:role></cas:attributes>\
             </cas:authenticationSuccess>",
        ))
        .unwrap();
        let of_json = read(
            r#"{"serviceResponse":{"authenticationSuccess":{"user":"u-1","attributes":
               {"userName":["li.lei"],"name":"李雷","tenant":"t-1","role":"null","isFromNewLogin":[false]}}}}"#,
        )
        .unwrap();
        assert_eq!(of_xml, of_json);
        assert_eq!(of_xml.user_name.as_deref(), Some("li.lei"));
        assert_eq!((of_xml.role, of_xml.tenant.as_deref()), (None, Some("t-1")));
        let bare = read(&xml("<cas:authenticationSuccess><cas:user> u-1 </cas:user></cas:authenticationSuccess>"));
        assert_eq!(bare.unwrap().user_name.as_deref(), Some("u-1"));
    }

    #[test]
    fn a_failure_is_one_although_the_status_is_200() {
        let failure = r#"<cas:authenticationFailure code="INVALID_TICKET">Ticket ST-1 not recognized</cas:authenticationFailure>"#;
        assert_eq!(read(&xml(failure)), Err(CasError::Refused(CasCode::InvalidTicket)));
        let json = r#"{"serviceResponse":{"authenticationFailure":{"code":"INVALID_SERVICE","description":"x"}}}"#;
        assert_eq!(read(json), Err(CasError::Refused(CasCode::InvalidService)));
        let both =
            xml(&format!("{failure}<cas:authenticationSuccess><cas:user>u</cas:user></cas:authenticationSuccess>"));
        assert_eq!(read(&both), Err(CasError::Refused(CasCode::InvalidTicket)));
        assert!(!CasError::Refused("ST-1-secret".parse().unwrap_or(CasCode::Other)).to_string().contains("ST-1"));
    }

    #[test]
    fn entities_and_odd_forms_are_refused() {
        let success = "<cas:authenticationSuccess><cas:user>&x;</cas:user></cas:authenticationSuccess>";
        for body in [
            format!(r#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>{}"#, xml(success)),
            format!(r#"<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]>{}"#, xml(success)),
            xml(success),
            "<serviceResponse/>".to_owned(),
            r#"<cas:serviceResponse xmlns:cas="urn:other"><cas:authenticationSuccess><cas:user>u</cas:user></cas:authenticationSuccess></cas:serviceResponse>"#.to_owned(),
            "<html>".to_owned(),
            "{}".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&body), Err(CasError::Form), "{body}");
        }
        let nobody = xml("<cas:authenticationSuccess><cas:user></cas:user></cas:authenticationSuccess>");
        assert_eq!(read(&nobody), Err(CasError::NoUser));
    }
}
