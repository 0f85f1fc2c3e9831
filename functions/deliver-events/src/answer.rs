//! What the application's answer to `instance.created` says about provisioning. A problem or a note never contains a value, which
//! may be a password.

use koogallery::{AppInfo, AppInfoError, ResultCode};
use koogallery_runtime::Vault;
use koogallery_store::{Event, EventType, Provisioned, ProvisioningFailure, Store, StoreError, ToldBy, TryAnswer};
use serde_json::Value;

use crate::answer_body::{AnswerBody, AnswerBodyError};

/// Why an answer cannot be used, or not be kept. Repeats nothing of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// It claims to be JSON, but is not a text.
    #[error("the answer cannot be read: {0}")]
    Body(#[from] AnswerBodyError),
    /// It claims to be JSON or begins like JSON, but is not valid. Only the position is given: a parser's message could repeat the
    /// body.
    #[error("the answer is broken JSON (line {line}, column {column})")]
    Json { line: usize, column: usize },
    /// Its appInfo cannot be sent to KooGallery.
    #[error("the answer cannot be used: {0}")]
    AppInfo(#[from] AppInfoError),
    /// Its resultCode is none that says why an instance cannot be provisioned.
    #[error("the answer's resultCode is not one of 000100 to 000107")]
    ResultCode,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in the application's answer to an event. The answer to `instance.created` may provision the instance, or say that this is
/// impossible. The error says why the answer cannot be used.
pub(crate) async fn heed(
    store: &Store,
    vault: &Vault,
    event: &Event,
    answer: &AnswerBody,
) -> Result<Heeded, AnswerError> {
    let instance = event.data["instanceId"].as_str().and_then(|id| id.parse().ok());
    let (EventType::Created, Some(id)) = (event.event_type, instance) else { return Ok(Heeded::default()) };
    let (kept, unknown, answer) = match read(answer)? {
        Said::Nothing => return Ok(Heeded { note: None, answer: Some(TryAnswer::Nothing) }),
        Said::Provisioned { app_info, unknown } => {
            (store.provision(&id, &app_info, ToldBy::Answer, vault).await, unknown, TryAnswer::AppInfo)
        }
        Said::Failed(failure) => {
            (store.fail_provisioning(&id, &failure, ToldBy::Answer).await, Vec::new(), TryAnswer::Failure)
        }
    };
    let note = match kept? {
        Provisioned::DoesNotFit(error) => return Err(error.into()),
        Provisioned::Outweighed => {
            Some("the answer changes nothing: a value that counts more was sent before it".to_owned())
        }
        Provisioned::Applied | Provisioned::Unchanged | Provisioned::Unknown | Provisioned::Released => {
            let note = || format!("the answer's appInfo has unknown members: {}", unknown.join(", "));
            (!unknown.is_empty()).then(note)
        }
    };
    Ok(Heeded { note, answer: Some(answer) })
}

/// What an answer came to.
#[derive(Debug, Default)]
pub(crate) struct Heeded {
    /// What somebody should know of it.
    pub(crate) note: Option<String>,
    /// What it says of provisioning; none if the event does not ask.
    pub(crate) answer: Option<TryAnswer>,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing: the application will send it later.
    Nothing,
    /// The buyer's way into the instance.
    Provisioned {
        /// The app info.
        app_info: Box<AppInfo>,
        /// The names of unknown members.
        unknown: Vec<String>,
    },
    /// Why it cannot be provisioned.
    Failed(ProvisioningFailure),
}

/// How many unknown members are named, and with how many characters each.
const MAX_NAMES: usize = 10;
const MAX_NAME: usize = 64;

/// Reads an answer's body. The error says what is wrong with it. A body that is not JSON, and is not labelled as JSON, says nothing.
pub(crate) fn read(body: &AnswerBody) -> Result<Said, AnswerError> {
    let text = match body.text() {
        Ok(text) => text,
        Err(error) if body.is_json() => return Err(error.into()),
        Err(_) => return Ok(Said::Nothing),
    };
    if text.is_empty() || !(body.is_json() || text.starts_with('{')) {
        return Ok(Said::Nothing);
    }
    let answer: Value = serde_json::from_str(&text)
        .map_err(|error| AnswerError::Json { line: error.line(), column: error.column() })?;
    if let Some(app_info) = answer.get("appInfo").filter(|app_info| !app_info.is_null()) {
        let unknown = AppInfo::unknown_members(app_info).take(MAX_NAMES);
        let unknown = unknown.map(|name| name.chars().take(MAX_NAME).collect()).collect();
        return Ok(Said::Provisioned { app_info: Box::new(AppInfo::read(app_info)?), unknown });
    }
    match answer.get("resultCode").map(|code| code.as_str().and_then(|code| code.parse().ok())) {
        None | Some(Some(ResultCode::Success | ResultCode::Processing)) => Ok(Said::Nothing),
        Some(code) => {
            let message = answer.get("resultMsg").and_then(Value::as_str);
            let failure = code.and_then(|code| ProvisioningFailure::new(code, message));
            failure.map(Said::Failed).ok_or(AnswerError::ResultCode)
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;

    use super::*;

    fn plain(body: &str) -> Result<Said, AnswerError> {
        read(&AnswerBody::new(&HeaderMap::new(), body.to_owned()))
    }

    fn json(body: &[u8]) -> Result<Said, AnswerError> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        read(&AnswerBody::new(&headers, body.to_vec()))
    }

    #[test]
    fn an_answer_that_says_nothing_is_fine() {
        for body in ["", "ok", " \n", "<html>thanks</html>", "{}", r#"{"received":true}"#, r#"{"resultCode":"000004"}"#]
        {
            assert_eq!(plain(body).unwrap(), Said::Nothing, "{body}");
        }
        for body in ["", "\u{feff} ", "{}", "true", "null", r#""ok""#, "[]", r#"{"appInfo":null}"#] {
            assert_eq!(json(body.as_bytes()).unwrap(), Said::Nothing, "{body}");
        }
    }

    #[test]
    fn what_is_said_to_be_json_must_be_readable() {
        for body in ["ok", "<html>", "{"] {
            assert!(json(body.as_bytes()).unwrap_err().to_string().contains("broken JSON"), "{body}");
        }
        assert!(json(b"{\"a\":\"\xb5\"}").unwrap_err().to_string().contains("neither UTF-8 nor UTF-16"));
        assert!(json(&vec![b' '; 1 << 20]).unwrap_err().to_string().contains("longer than 65536 bytes"));
    }

    #[test]
    fn app_info_and_result_codes_are_read() {
        let said =
            plain(r#"{"appInfo":{"frontEndUrl":"https://app.example.com/","memo":"","pasword":"s3cret"}}"#).unwrap();
        let Said::Provisioned { app_info, unknown } = said else { panic!("{said:?}") };
        assert_eq!((app_info.memo, unknown), (None, vec!["pasword".to_owned()]));
        let said = plain(r#"{"resultCode":"000105","resultMsg":"one each"}"#).unwrap();
        let Said::Failed(failure) = said else { panic!("{said:?}") };
        assert_eq!(failure.reply().result_code, ResultCode::BenefitHeld);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        for (body, problem) in [
            (r#"{"appInfo":{"frontEndUrl":"#, "broken JSON"),
            (r#"{"appInfo":"s3cret"}"#, "appInfo is not an object"),
            (r#"{"appInfo":{}}"#, "appInfo.frontEndUrl is missing"),
            (r#"{"appInfo":{"frontEndUrl":"s3cret.example.com"}}"#, "appInfo.frontEndUrl must begin with https://"),
            (r#"{"resultCode":"000003"}"#, "resultCode"),
            (r#"{"resultCode":"s3cret"}"#, "resultCode"),
            (r#"{"resultCode":105}"#, "resultCode"),
        ] {
            let error = plain(body).unwrap_err().to_string();
            assert!(error.contains(problem), "{body}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
