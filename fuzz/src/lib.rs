//! What each target does with the bytes it is given: reads them as a stranger's, and checks what must hold whatever
//! they are. Here rather than in the targets, so that the protocol crate's tests can replay the seeds through it.

use std::sync::LazyLock;

use getrandom::SysRng;
use http::Request as HttpRequest;
use koogallery::v1_cipher::{self, EncryptType, Iv};
use koogallery::{
    AccessKeys, AllOrgSync, AuthSync, Body, Callback, DEFAULT_TIME_WINDOW, Dialect, InterfaceType, Refusal, Request,
    RsaPrivateKey, RsaPublicKey, Timestamp, Verified, auth_token, canonical_form, route, signature, verify,
};

/// When the seeds were signed.
const V2_NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);
/// 20251124094912345, in UTC.
const V1_NOW: Timestamp = Timestamp::from_millis(1_763_977_752_345);

/// A body's members, or a query's parameters: what is signed over them matches, what they hold themselves does not.
pub fn auth_token(data: &[u8]) {
    let query = form_urlencoded::parse(data).into_owned().collect();
    for parameters in [auth_token::body_parameters(data).ok(), Some(query)].into_iter().flatten() {
        for sign in [auth_token::sign, auth_token::sign_without_blanks] {
            let token = sign("key", "20251124094912345", &parameters);
            assert!(auth_token::matches("key", "20251124094912345", &parameters, &token));
        }
        for (_, value) in &parameters {
            assert!(!auth_token::matches("key", "20251124094912345", &parameters, value));
        }
    }
}

/// A value from the wire, and a value for it.
pub fn v1_cipher(data: &[u8]) {
    static IV: LazyLock<Iv> = LazyLock::new(|| "a1B2c3D4e5F6g7H8".parse().unwrap());
    let text = String::from_utf8_lossy(data);
    for encrypt_type in [EncryptType::Aes256, EncryptType::Aes128] {
        let _ = v1_cipher::decrypt("key", encrypt_type, &text);
        let wire = v1_cipher::encrypt("key", encrypt_type, &IV, &text);
        assert_eq!(wire.len(), v1_cipher::wire_length(text.len()));
        assert_eq!(v1_cipher::decrypt("key", encrypt_type, &wire).as_deref(), Ok(&*text));
    }
}

/// A private key, a public key, a ciphertext.
pub fn client_secret(data: &[u8]) {
    static KEY: LazyLock<RsaPrivateKey> =
        LazyLock::new(|| RsaPrivateKey::from_pem(include_str!("../../shared/protocol/tests/rsa_pkcs8.pem")).unwrap());
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = RsaPrivateKey::from_pem(&text) {
        let again = RsaPrivateKey::from_pem(&key.reveal_pem()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }
    if let Ok(key) = text.parse::<RsaPublicKey>() {
        assert_eq!(key.to_string().parse::<RsaPublicKey>().as_ref(), Ok(&key));
    }
    let _ = RsaPrivateKey::all_from_text(&text);
    let _ = KEY.decrypt(&mut SysRng, &text);
}

/// A V2.0 request: `METHOD PATH NONCE TIMESTAMP`, a new line, the body. Unsigned it is refused; signed it is not refused
/// for its signature, and is read.
pub fn route_verify(data: &[u8]) {
    static KEYS: LazyLock<AccessKeys> = LazyLock::new(|| {
        AccessKeys::from_json(r#"{"basic":["b"],"kit":["k"],"license":["l"],"order":["o"]}"#).unwrap()
    });
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (head, body) = (&data[..end], &data[end + 1..]);
    let Ok(head) = std::str::from_utf8(head) else { return };
    let [method, path, nonce, timestamp] = head.splitn(4, ' ').collect::<Vec<_>>()[..] else { return };
    let signed = |signature: &str| {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("signature", signature), ("timestamp", timestamp), ("nonce", nonce)])
            .finish();
        let separator = if path.contains('?') { '&' } else { '?' };
        HttpRequest::builder()
            .method(method)
            .uri(format!("{path}{separator}{query}"))
            .header("x-sign", signature)
            .header("x-timestamp", timestamp)
            .header("x-nonce", nonce)
            .body(body)
            .ok()
            .filter(|_| !path.contains('#'))
    };

    let Some(unsigned) = signed(&"0".repeat(64)) else { return };
    let Ok(route) = route(&unsigned) else { return };
    let refusal = verify(&unsigned, route, &KEYS, V2_NOW, DEFAULT_TIME_WINDOW).map(|_| ()).unwrap_err();
    let sign = match route.dialect {
        Dialect::BasicV2 => signature::basic,
        Dialect::KitV2 => signature::kit,
        Dialect::BasicV1 | Dialect::KitV1 => return,
    };
    let interface = route.callback.interface_types()[0];
    let signature = sign(KEYS.current(interface).unwrap().reveal(), nonce, timestamp, body);
    let genuine = signed(&signature).unwrap();
    let call = match verify(&genuine, route, &KEYS, V2_NOW, DEFAULT_TIME_WINDOW) {
        Ok(call) => call,
        Err(error) => return assert_ne!(error, Refusal::WrongSignature),
    };
    assert_eq!(refusal, Refusal::WrongSignature);
    assert_eq!(call.interface_type(), interface);
    parse(&call);
}

/// Reads a call as the request of every callback.
fn parse(call: &Verified<Body<'_>>) {
    macro_rules! each {
        ($($request:ident $function:ident)+) => { $(let _ = call.clone().parse::<koogallery::$request>();)+ };
    }
    koogallery::for_each_callback!(each);
}

/// A V1.0 call: the query of a basic one, or the body of one of the kit's. With its own authToken it is genuine, and is
/// read; without, it is not.
pub fn v1_calls(data: &[u8]) {
    static KEYS: LazyLock<AccessKeys> =
        LazyLock::new(|| AccessKeys::from_json(r#"{"basic":["b"],"kit":["k"],"license":["l"]}"#).unwrap());
    let check = |request: &HttpRequest<Vec<u8>>, genuine: bool| {
        let Ok(route) = route(request) else { return };
        match verify(request, route, &KEYS, V1_NOW, DEFAULT_TIME_WINDOW) {
            Ok(call) => {
                assert!(genuine);
                parse(&call);
            }
            Err(refusal) => assert!(!genuine || refusal != Refusal::WrongSignature, "{refusal}"),
        }
    };

    let told = form_urlencoded::parse(data).into_owned().filter(|(name, _)| name != "authToken");
    let mut parameters: Vec<(String, String)> = told.collect();
    let activity = parameters.iter().find(|(name, _)| name == "activity");
    let callback = activity.and_then(|(_, activity)| Callback::named(Dialect::BasicV1, activity));
    let key = callback.map_or("b", |callback| match callback.interface_types()[0] {
        InterfaceType::License => "l",
        InterfaceType::Basic | InterfaceType::Kit | InterfaceType::Order => "b",
    });
    if let Some((_, time_stamp)) = parameters.iter().find(|(name, value)| name == "timeStamp" && !value.is_empty()) {
        let token = auth_token::sign(key, time_stamp, &parameters);
        for (token, genuine) in [(token, true), ("AAAA".to_owned(), false)] {
            parameters.push(("authToken".to_owned(), token));
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
            parameters.pop();
            if let Ok(request) = HttpRequest::get(format!("/?{query}")).body(Vec::new()) {
                check(&request, genuine);
            }
        }
    }

    let Ok(members) = auth_token::body_parameters(data) else { return };
    let Some((_, time_stamp)) = members.iter().find(|(name, value)| name == "timeStamp" && !value.is_empty()) else {
        return;
    };
    let token = auth_token::sign_without_blanks("k", time_stamp, &members);
    for call in Callback::ALL.into_iter().filter(|callback| callback.is_kit()) {
        let path = format!("/produceAPI/{}", call.activity());
        let request = HttpRequest::post(path).header("authToken", &token).body(data.to_vec());
        if let Ok(request) = request {
            check(&request, true);
        }
    }
}

/// A body as the request of every callback: what is read, is written and read again as the same.
pub fn requests(data: &[u8]) {
    macro_rules! each {
        ($($request:ident $function:ident)+) => { $(
            if let Ok(request) = koogallery::$request::from_body(data) {
                let body = request.to_body();
                assert_eq!(koogallery::$request::from_body(body.as_bytes()).as_ref(), Ok(&request), "{body}");
            }
        )+ };
    }
    koogallery::for_each_callback!(each);
}

/// The kit's lists: in a string as V1.0 sends them, and as they are, the same is read.
pub fn kit_lists(data: &[u8]) {
    let Ok(list) = std::str::from_utf8(data) else { return };
    let own = r#""instanceId":"i","tenantId":"t","appId":"a","flag":1,"testFlag":0"#;
    let text = serde_json::to_string(list).unwrap();
    for name in ["userList", "orgInfo", "orgInfoList"] {
        let as_text = format!(r#"{{{own},"{name}":{text}}}"#);
        let as_list = format!(r#"{{{own},"{name}":{list}}}"#);
        // On its own: with a comma after it, more members would follow.
        if !serde_json::from_str::<serde_json::Value>(list).is_ok_and(|list| list.is_array()) {
            let _ = (AuthSync::from_body(as_text.as_bytes()), AllOrgSync::from_body(as_text.as_bytes()));
            continue;
        }
        assert_eq!(AuthSync::from_body(as_text.as_bytes()).ok(), AuthSync::from_body(as_list.as_bytes()).ok());
        assert_eq!(AllOrgSync::from_body(as_text.as_bytes()).ok(), AllOrgSync::from_body(as_list.as_bytes()).ok());
    }
}

/// A body: its canonical form is its own canonical form.
pub fn canonical(data: &[u8]) {
    if let Ok(form) = canonical_form(data) {
        assert_eq!(canonical_form(form.as_bytes()).as_ref(), Ok(&form));
    }
}
