//! What the application's answer to `instance.created` says of provisioning. Nothing of a value is repeated in a
//! problem: it may be a password.

use koogallery::{AppInfo, ResultCode};
use koogallery_store::ProvisioningFailure;
use serde_json::{Map, Value};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing: the application will tell later.
    Nothing,
    /// How the buyer reaches the instance.
    Provisioned(Box<AppInfo>),
    /// Why it cannot be provisioned.
    Failed(ProvisioningFailure),
}

/// Reads an answer's body; the error says what is wrong with it. What is no JSON object says nothing.
pub(crate) fn read(body: &[u8]) -> Result<Said, String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Ok(Said::Nothing);
    }
    let answer: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| format!("the answer is broken JSON (line {}, column {})", error.line(), error.column()))?;
    if let Some(app_info) = answer.get("appInfo").filter(|app_info| !app_info.is_null()) {
        return read_app_info(app_info).map(|app_info| Said::Provisioned(Box::new(app_info)));
    }
    match answer.get("resultCode").map(|code| code.as_str().and_then(|code| code.parse().ok())) {
        None | Some(Some(ResultCode::Success | ResultCode::Processing)) => Ok(Said::Nothing),
        Some(code) => {
            let message = answer.get("resultMsg").and_then(Value::as_str);
            let failure = code.and_then(|code| ProvisioningFailure::new(code, message));
            failure.map(Said::Failed).ok_or_else(|| "the answer's resultCode is none of 000100 to 000107".to_owned())
        }
    }
}

fn read_app_info(value: &Value) -> Result<AppInfo, String> {
    let members = value.as_object().ok_or("the answer's appInfo is no object")?;
    if let Some((name, _)) = members.iter().find(|(_, value)| !value.is_string() && !value.is_null()) {
        return Err(format!("the answer's appInfo.{name} is no text"));
    }
    // With texts only, what is left to be wrong is a name or a length: the error repeats no value.
    serde_json::from_value(value.clone()).map_err(|error| format!("the answer's appInfo cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_says_nothing_is_fine() {
        for body in ["", "ok", " \n", "<html>thanks</html>", "{}", r#"{"received":true}"#, r#"{"resultCode":"000004"}"#]
        {
            assert_eq!(read(body.as_bytes()), Ok(Said::Nothing), "{body}");
        }
    }

    #[test]
    fn app_info_and_result_codes_are_read() {
        let said = read(br#"{"appInfo":{"frontEndUrl":"https://app.example.com/"}}"#).unwrap();
        assert!(matches!(said, Said::Provisioned(app_info) if app_info.memo.is_none()));
        let said = read(br#"{"resultCode":"000105","resultMsg":"one each"}"#).unwrap();
        let Said::Failed(failure) = said else { panic!("{said:?}") };
        assert_eq!(failure.reply().result_code, ResultCode::BenefitHeld);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        for (body, problem) in [
            (r#"{"appInfo":{"frontEndUrl":"#, "broken JSON"),
            (r#"{"appInfo":"s3cret"}"#, "appInfo is no object"),
            (r#"{"appInfo":{}}"#, "frontEndUrl"),
            (
                r#"{"appInfo":{"frontEndUrl":"https://app.example.com/","password":7357}}"#,
                "appInfo.password is no text",
            ),
            (r#"{"appInfo":{"frontEndUrl":"https://app.example.com/","pasword":"s3cret"}}"#, "pasword"),
            (r#"{"resultCode":"000003"}"#, "resultCode"),
            (r#"{"resultCode":"s3cret"}"#, "resultCode"),
            (r#"{"resultCode":105}"#, "resultCode"),
        ] {
            let error = read(body.as_bytes()).unwrap_err();
            assert!(error.contains(problem), "{body}: {error}");
            assert!(!error.contains("s3cret") && !error.contains("7357"), "{error}");
        }
        let long = format!(r#"{{"appInfo":{{"frontEndUrl":"{}"}}}}"#, "s3cret".repeat(100));
        let error = read(long.as_bytes()).unwrap_err();
        assert!(error.contains("512") && !error.contains("s3cret"), "{error}");
    }
}
