//! What each target does with the bytes it is given: reads them as a stranger's, and checks what must hold whatever
//! they are. Here rather than in the targets, so that the protocol crate's tests can replay the seeds through it.

use std::sync::LazyLock;

use getrandom::SysRng;
use http::Request as HttpRequest;
use koogallery::v1_cipher::{self, EncryptType, Iv};
use koogallery::{
    AccessKeys, AllOrgSync, ApplicationSync, AuthSync, ChangeInstanceCheck, DEFAULT_TIME_WINDOW, Dialect,
    GetLicenseAsync, NewInstance, OrderNotify, QueryInstance, RefreshInstance, RefreshLicenseCode, Refusal,
    ReleaseInstance, ReleaseLicenseCode, RsaPrivateKey, RsaPublicKey, SingleOrgSync, TenantSync, Timestamp,
    UpdateInstanceStatus, UpdateLicenseCodeStatus, UpgradeInstance, auth_token, canonical_form, route, signature,
    verify,
};

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
    let _ = RsaPrivateKey::all_from_pem(&text);
    let _ = KEY.decrypt(&mut SysRng, &text);
}

/// A V2.0 request: `METHOD PATH NONCE TIMESTAMP`, a new line, the body. Unsigned it is refused; signed it is not refused
/// for its signature, and is read.
pub fn route_verify(data: &[u8]) {
    static KEYS: LazyLock<AccessKeys> = LazyLock::new(|| {
        AccessKeys::from_json(r#"{"basic":["b"],"kit":["k"],"license":["l"],"order":["o"]}"#).unwrap()
    });
    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

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
    let refusal = verify(&unsigned, route, &KEYS, NOW, DEFAULT_TIME_WINDOW).map(|_| ()).unwrap_err();
    let sign = match route.dialect {
        Dialect::BasicV2 => signature::basic,
        Dialect::KitV2 => signature::kit,
        Dialect::BasicV1 | Dialect::KitV1 => return,
    };
    let interface = route.callback.interface_types()[0];
    let signature = sign(KEYS.current(interface).unwrap().reveal(), nonce, timestamp, body);
    let genuine = signed(&signature).unwrap();
    let call = match verify(&genuine, route, &KEYS, NOW, DEFAULT_TIME_WINDOW) {
        Ok(call) => call,
        Err(error) => return assert_ne!(error, Refusal::WrongSignature),
    };
    assert_eq!(refusal, Refusal::WrongSignature);
    assert_eq!(call.interface_type(), interface);
    let _ = call.clone().parse::<NewInstance>();
    let _ = call.clone().parse::<QueryInstance>();
    let _ = call.clone().parse::<RefreshInstance>();
    let _ = call.clone().parse::<UpdateInstanceStatus>();
    let _ = call.clone().parse::<ReleaseInstance>();
    let _ = call.clone().parse::<UpgradeInstance>();
    let _ = call.clone().parse::<ChangeInstanceCheck>();
    let _ = call.clone().parse::<TenantSync>();
    let _ = call.clone().parse::<ApplicationSync>();
    let _ = call.clone().parse::<AuthSync>();
    let _ = call.clone().parse::<SingleOrgSync>();
    let _ = call.clone().parse::<AllOrgSync>();
    let _ = call.clone().parse::<OrderNotify>();
    let _ = call.clone().parse::<RefreshLicenseCode>();
    let _ = call.clone().parse::<UpdateLicenseCodeStatus>();
    let _ = call.clone().parse::<ReleaseLicenseCode>();
    let _ = call.parse::<GetLicenseAsync>();
}

/// A body: its canonical form is its own canonical form.
pub fn canonical(data: &[u8]) {
    if let Ok(form) = canonical_form(data) {
        assert_eq!(canonical_form(form.as_bytes()).as_ref(), Ok(&form));
    }
}
