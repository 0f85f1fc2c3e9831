//! A V1.0 reply as KooGallery takes it: signed over its very bytes, the credentials in it encrypted.

use koogallery::v1_cipher::{self, EncryptType};
use koogallery::{AccessKey, body_sign};
use serde_json::Value;

use crate::marketplace::{BodySign, Exchange};

/// Whether the reply is genuine: its header's name spelled as KooGallery looks for it, over the very bytes.
/// `unsigned_allowed` where no key could have signed it.
pub fn genuine(exchange: &Exchange, key: &AccessKey, unsigned_allowed: bool) -> Result<(), String> {
    match &exchange.body_sign {
        Some(BodySign { name: Some(name), .. }) if name != body_sign::HEADER => Err(format!(
            "the header is called {name}: KooGallery looks for {}, upper and lower case as here",
            body_sign::HEADER
        )),
        Some(BodySign { value, .. }) if body_sign::matches(key.reveal(), value, &exchange.body) => Ok(()),
        Some(_) => Err("Body-Sign does not fit the reply's bytes".to_owned()),
        None if unsigned_allowed => Ok(()),
        None => Err("the reply has no Body-Sign".to_owned()),
    }
}

/// The reply with `userName` and `password` in the clear, as the buyer is shown them.
pub fn decrypted(mut reply: Value, key: &AccessKey) -> Result<Value, String> {
    let encrypt_type = match &reply["encryptType"] {
        Value::Null => EncryptType::default(),
        Value::Number(number) => serde_json::from_value(number.to_string().into()).map_err(|_| unknown_type())?,
        text => serde_json::from_value(text.clone()).map_err(|_| unknown_type())?,
    };
    for app_info in app_infos_mut(&mut reply) {
        for name in ["userName", "password"] {
            let Some(wire) = app_info.get(name).and_then(Value::as_str).filter(|wire| !wire.is_empty()) else {
                continue;
            };
            let clear = v1_cipher::decrypt(key.reveal(), encrypt_type, wire);
            app_info[name] = clear.map_err(|_| format!("appInfo.{name} does not decrypt with the access key"))?.into();
        }
    }
    Ok(reply)
}

/// Every appInfo of a reply.
pub fn app_infos(reply: &Value) -> impl Iterator<Item = &Value> {
    let listed = reply["info"].as_array().into_iter().flatten().filter_map(|instance| instance.get("appInfo"));
    reply.get("appInfo").into_iter().chain(listed).filter(|app_info| !app_info.is_null())
}

fn app_infos_mut(reply: &mut Value) -> Vec<&mut Value> {
    let Some(members) = reply.as_object_mut() else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("appInfo", app_info) => found.push(app_info),
            ("info", Value::Array(instances)) => {
                found.extend(instances.iter_mut().filter_map(|instance| instance.get_mut("appInfo")));
            }
            _ => {}
        }
    }
    found.retain(|app_info| app_info.is_object());
    found
}

fn unknown_type() -> String {
    "encryptType is neither 1 nor 2".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use koogallery::{AccessKeys, InterfaceType};

    use super::*;

    #[test]
    fn the_name_of_body_sign_is_judged_to_the_letter() {
        let keys = AccessKeys::from_json(r#"{"basic":["k"]}"#).unwrap();
        let key = keys.current(InterfaceType::Basic).unwrap();
        let judged = |name: Option<&str>| {
            let body_sign = BodySign { name: name.map(str::to_owned), value: body_sign::value("k", b"{}") };
            let (status, content_type) = (200, "application/json".to_owned());
            let (body, elapsed) = (b"{}".as_slice().into(), Duration::ZERO);
            genuine(&Exchange { status, content_type, body_sign: Some(body_sign), body, elapsed }, key, true)
        };
        assert_eq!(judged(Some("Body-Sign")), Ok(()));
        assert_eq!(judged(None), Ok(()));
        for name in ["body-sign", "Body-sign", "BODY-SIGN"] {
            assert!(judged(Some(name)).unwrap_err().contains(name));
        }
    }
}
