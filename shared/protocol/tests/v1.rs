//! What V1.0's cryptography and the kit's `clientSecret` promise: they agree with independent implementations (the
//! values in `vectors.json` come from Python, Java 17 and OpenSSL), what was made is taken, and anything else is not.

#![allow(clippy::unwrap_used)]

use getrandom::SysRng;
use koogallery::v1_cipher::{EncryptType, Iv, MAX_PLAINTEXT, MAX_WIRE, NotDecrypted, decrypt, encrypt, wire_length};
use koogallery::{
    ClientSecret, ClientSecretError, OaepHashes, RsaKeyError, RsaPrivateKey, RsaPublicKey, auth_token, body_sign,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

const PKCS8: &str = include_str!("rsa_pkcs8.pem");
const PKCS1: &str = include_str!("rsa_pkcs1.pem");
const PUBLIC: &str = include_str!("rsa_public.txt");

fn vectors<T: DeserializeOwned>(family: &str) -> Vec<T> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    serde_json::from_value(all[family].clone()).unwrap()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn is_pkcs8(key: &RsaPrivateKey) -> bool {
    key.public_key().to_string() == PUBLIC.trim_end()
}

#[test]
fn auth_tokens_agree_with_the_golden_values() {
    for vector in vectors::<Value>("authTokenV1") {
        let parameters = auth_token::body_parameters(vector["parameters"].to_string().as_bytes()).unwrap();
        let (key, time_stamp) = (text(&vector, "accessKey"), text(&vector["parameters"], "timeStamp"));
        let (with, without) = (text(&vector, "authToken"), text(&vector, "authTokenWithoutBlanks"));
        assert_eq!(auth_token::sign(key, time_stamp, &parameters), with);
        assert_eq!(auth_token::sign_without_blanks(key, time_stamp, &parameters), without);
        for token in [with, without] {
            assert!(auth_token::matches(key, time_stamp, &parameters, token));
            assert!(auth_token::matches(key, time_stamp, &parameters, &token.replace('+', " ")));
        }
    }
}

#[test]
fn body_signs_agree_with_the_golden_values() {
    for vector in vectors::<Value>("bodySignV1") {
        let (key, body, header) = (text(&vector, "accessKey"), text(&vector, "body"), text(&vector, "header"));
        assert_eq!(body_sign::value(key, body.as_bytes()), header);
        assert!(body_sign::matches(key, header, body.as_bytes()));
    }
}

#[test]
fn ciphers_agree_with_the_golden_values() {
    for vector in vectors::<Value>("aesV1") {
        let encrypt_type: EncryptType = serde_json::from_value(vector["encryptType"].clone()).unwrap();
        assert_eq!(encrypt_type.as_str(), text(&vector, "encryptType"));
        let (key, plaintext, wire) = (text(&vector, "accessKey"), text(&vector, "plaintext"), text(&vector, "wire"));
        let iv = wire[..16].parse().unwrap();
        assert_eq!(encrypt(key, encrypt_type, &iv, plaintext), wire, "{key:?}");
        assert_eq!(decrypt(key, encrypt_type, wire).as_deref(), Ok(plaintext), "{key:?}");
        assert_eq!(decrypt(key, encrypt_type, &wire.replace('+', " ")).as_deref(), Ok(plaintext), "{key:?}");
    }
}

#[test]
fn a_plaintext_of_79_bytes_is_the_longest_that_fits() {
    assert!(wire_length(MAX_PLAINTEXT) <= MAX_WIRE);
    assert!(wire_length(MAX_PLAINTEXT + 1) > MAX_WIRE);
}

#[test]
fn what_was_never_encrypted_does_not_decrypt() {
    let plain =
        ["", "13800000000", "someone@example.com", "0123456789abcdef", "0123456789abcdefAAAA", "密钥密钥密钥密钥"];
    for wire in plain {
        assert_eq!(decrypt("k", EncryptType::Aes256, wire), Err(NotDecrypted), "{wire}");
    }
}

#[test]
fn a_client_secret_of_any_likely_hashes_decrypts_by_either_form_of_the_key() {
    let keys = [PKCS8, PKCS1].map(|pem| RsaPrivateKey::from_pem(pem).unwrap());
    assert!(keys.iter().all(is_pkcs8));
    for vector in vectors::<Value>("rsaOaep") {
        let (ciphertext, plaintext) = (text(&vector, "ciphertext"), text(&vector, "plaintext"));
        let wrapped = format!(" {}\r\n{}\n", &ciphertext[..76], &ciphertext[76..]);
        for (key, ciphertext) in keys.iter().zip([ciphertext, &wrapped]) {
            let secret = key.decrypt(&mut SysRng, ciphertext).unwrap();
            assert_eq!(secret.reveal(), plaintext, "{}", vector["hashes"]);
            assert_eq!(format!("{secret:?}"), "ClientSecret(…)");
        }
    }
}

#[test]
fn what_is_no_client_secret_is_refused_in_the_same_words() {
    let key = RsaPrivateKey::from_pem(PKCS8).unwrap();
    let other_padding = vectors::<String>("rsaRefused");
    let junk = ["", "=", "密", "AAAA"].map(str::to_owned);
    for ciphertext in other_padding.iter().chain(&junk) {
        assert_eq!(key.decrypt(&mut SysRng, ciphertext).unwrap_err(), ClientSecretError::NotDecrypted, "{ciphertext}");
    }
}

#[test]
fn the_marketplaces_half_encrypts_for_the_registered_key() {
    let key = RsaPrivateKey::from_pem(PKCS8).unwrap();
    let registered: RsaPublicKey = PUBLIC.parse().unwrap();
    assert_eq!(registered, key.public_key());
    let secret = ClientSecret::from("client-s3cret".to_owned());
    for hashes in OaepHashes::ALL.iter().copied() {
        let ciphertext = registered.encrypt(&mut SysRng, hashes, &secret).unwrap();
        assert_eq!(key.decrypt(&mut SysRng, &ciphertext), Ok(secret.clone()), "{hashes:?}");
        assert_ne!(registered.encrypt(&mut SysRng, hashes, &secret).unwrap(), ciphertext, "{hashes:?}");
        let long = ClientSecret::from("x".repeat(400));
        assert_eq!(registered.encrypt(&mut SysRng, hashes, &long), Err(ClientSecretError::TooLong));
    }
}

#[test]
fn a_key_is_read_however_its_lines_are_broken_and_written_as_it_was() {
    let key = RsaPrivateKey::from_pem(PKCS8).unwrap();
    assert!(PKCS8.ends_with(&key.reveal_pem()));
    for broken in [PKCS8.replace('\n', "\r\n"), PKCS8.replace('\n', " "), PKCS1.replace('\n', "\n\n  ")] {
        assert!(is_pkcs8(&RsaPrivateKey::from_pem(&broken).unwrap()), "{broken}");
    }
}

#[test]
fn a_key_is_read_as_people_paste_it() {
    use base64::Engine as _;
    let base64 = |bytes: &str| base64::engine::general_purpose::STANDARD.encode(bytes);
    let bare = |pem: &str| {
        let block = &pem[pem.find("-----BEGIN").unwrap()..];
        block.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n")
    };
    for pem in [PKCS8, PKCS1] {
        for text in [
            pem.to_owned(),
            pem.replace('\n', "\\n"),
            format!("\"{}\"", pem.replace('\n', "\\r\\n")),
            bare(pem),
            bare(pem).replace('\n', ""),
            base64(pem),
            base64(&pem.replace('\n', "\\n")),
        ] {
            let keys = RsaPrivateKey::all_from_text(&text).unwrap();
            assert!(keys.len() == 1 && is_pkcs8(&keys[0]), "{text}");
        }
    }
    let both = format!("{PKCS8}\n{PKCS1}");
    assert_eq!(RsaPrivateKey::all_from_text(&both).unwrap().len(), 2);
    assert_eq!(RsaPrivateKey::all_from_text(&base64(&both)).unwrap().len(), 2);
}

#[test]
fn what_is_no_private_key_is_told_by_what_it_looks_like() {
    let public = format!("-----BEGIN PUBLIC KEY-----\n{PUBLIC}\n-----END PUBLIC KEY-----\n");
    for (text, problem) in [
        (public.as_str(), "it is a public key"),
        (PUBLIC, "it is a public key"),
        ("", "looks like nothing"),
        ("ssh-rsa AAAAB3Nza seller", "looks like an OpenSSH public key"),
        ("/run/secrets/rsa.pem", "looks like the name of a file"),
        ("{}", "looks like JSON"),
        ("s3cret key!", "neither PEM nor base64"),
        ("AAAA", "damaged"),
        ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "an elliptic-curve key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "an OpenSSH key"),
        (&PKCS8[..PKCS8.len() - 40], "damaged"),
    ] {
        let error = RsaPrivateKey::all_from_text(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
        assert!(!error.contains("s3cret") && !error.contains("AAAAB3"), "{error}");
    }
    let damaged = PKCS8.replacen("MII", "MIJ", 1);
    let (keys, problem) = RsaPrivateKey::readable_from_text(&format!("{damaged}\n{PKCS1}"));
    assert_eq!((keys.len(), problem), (1, Some(RsaKeyError::NotPrivateKey)), "the other one serves");
}

#[test]
fn a_key_is_refused_with_its_reason_and_never_shown() {
    for vector in vectors::<Value>("keysRefused") {
        let pem = text(&vector, "pem");
        let error = RsaPrivateKey::from_pem(pem).unwrap_err();
        assert!(format!("{error:?}").starts_with(text(&vector, "error")), "{error:?} of {pem}");
        let mut of_the_key = pem.lines().filter(|line| !line.is_empty() && !line.starts_with('-'));
        assert!(of_the_key.all(|line| !format!("{error} {error:?}").contains(line)));
    }
    assert_eq!("AAAA".parse::<RsaPublicKey>(), Err(RsaKeyError::NotPublicKey));
    let damaged = PKCS8.replacen("MII", "MIJ", 1);
    assert_eq!(RsaPrivateKey::from_pem(&damaged).unwrap_err(), RsaKeyError::NotPrivateKey);
    assert_eq!(format!("{:?}", RsaPrivateKey::from_pem(PKCS8).unwrap()), "RsaPrivateKey(…)");
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[a-zA-Z0-9]{1,8}", "\\PC{0,12}|[ \u{3000}]{0,2}"), 1..8)
}

fn encrypt_type() -> impl Strategy<Value = EncryptType> {
    prop_oneof![Just(EncryptType::Aes256), Just(EncryptType::Aes128)]
}

/// Changes one character.
fn tampered(text: &str, at: prop::sample::Index) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let index = at.index(characters.len());
    characters[index] = if characters[index] == 'A' { 'B' } else { 'A' };
    characters.into_iter().collect()
}

proptest! {
    #[test]
    fn what_was_signed_matches_in_any_order(
        key in "\\PC{1,40}",
        time_stamp in "[0-9]{17}",
        (sent, arrived) in parameters().prop_flat_map(|sent| {
            let unlike = sent.iter().map(|(name, _)| name).collect::<std::collections::HashSet<_>>().len() == sent.len();
            let arrived = if unlike { Just(sent.clone()).prop_shuffle().boxed() } else { Just(sent.clone()).boxed() };
            (Just(sent), arrived)
        }),
    ) {
        for token in [auth_token::sign(&key, &time_stamp, &sent), auth_token::sign_without_blanks(&key, &time_stamp, &sent)] {
            prop_assert!(auth_token::matches(&key, &time_stamp, &arrived, &token));
            prop_assert!(auth_token::matches(&key, &time_stamp, &arrived, &token.replace('+', " ")));
        }
    }

    #[test]
    fn any_changed_character_of_a_signed_call_is_refused(
        key in "\\PC{1,40}", time_stamp in "[0-9]{17}", sent in parameters(),
        part in 0usize..5, of in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), blanks in any::<bool>(),
    ) {
        let sign = if blanks { auth_token::sign } else { auth_token::sign_without_blanks };
        let token = sign(&key, &time_stamp, &sent);
        let (mut key, mut time_stamp, mut arrived, mut given) = (key, time_stamp, sent, token);
        let parameter = of.index(arrived.len());
        let (name, value) = &mut arrived[parameter];
        // A parameter whose value is blank is no part of what the kit signs: give it a value.
        match part {
            0 => key = tampered(&key, at),
            1 => time_stamp = tampered(&time_stamp, at),
            2 if !value.trim().is_empty() => *name = tampered(name, at),
            2 | 3 => *value = if value.trim().is_empty() { "_".to_owned() } else { tampered(value, at) },
            _ => given = tampered(&given, at),
        }
        prop_assert!(!auth_token::matches(&key, &time_stamp, &arrived, &given));
    }

    #[test]
    fn any_changed_byte_of_a_reply_is_refused(
        key in "\\PC{1,40}", body in prop::collection::vec(any::<u8>(), 1..64), at in any::<prop::sample::Index>(), by in 1u8..=255,
    ) {
        let value = body_sign::value(&key, &body);
        prop_assert!(body_sign::matches(&key, &value, &body));
        let mut changed = body.clone();
        let index = at.index(body.len());
        changed[index] = changed[index].wrapping_add(by);
        prop_assert!(!body_sign::matches(&key, &value, &changed));
        prop_assert!(!body_sign::matches(&tampered(&key, at), &value, &body));
    }

    #[test]
    fn what_was_encrypted_decrypts_and_has_the_length_foretold(
        key in "\\PC{1,40}", encrypt_type in encrypt_type(), plaintext in "(?s).{0,90}",
    ) {
        let iv = Iv::draw(&mut SysRng).unwrap();
        prop_assert_eq!(&iv.to_string().parse::<Iv>().unwrap(), &iv);
        let wire = encrypt(&key, encrypt_type, &iv, &plaintext);
        prop_assert_eq!(wire.len(), wire_length(plaintext.len()));
        prop_assert_eq!(decrypt(&key, encrypt_type, &wire), Ok(plaintext));
    }

    #[test]
    fn nothing_that_arrives_panics(
        wire in "\\PC{0,64}|[A-Za-z0-9]{16}([A-Za-z0-9+/ ]{4}){0,20}", value in "\\PC{0,64}", body in prop::collection::vec(any::<u8>(), 0..64),
        json in "\\{(\"[a-c]\":([0-9]{1,3}|\"[^\"]{0,4}\"|\\[.{0,4}\\]|null),){0,3}\"d\":1\\}",
    ) {
        let _ = decrypt("k", EncryptType::Aes256, &wire);
        let _ = decrypt("k", EncryptType::Aes128, &wire);
        let _ = auth_token::body_parameters(&body);
        let _ = auth_token::body_parameters(json.as_bytes());
        prop_assert!(!auth_token::matches("k", "1", &[], &wire));
        prop_assert!(!body_sign::matches("k", &value, &body));
        let _ = RsaPrivateKey::from_pem(&wire);
        let _ = wire.parse::<RsaPublicKey>();
    }
}

proptest! {
    // An operation with a private key takes its time.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_ciphertext_of_a_strangers_making_decrypts(bytes in prop::collection::vec(any::<u8>(), 383..=385), wire in "\\PC{0,64}") {
        use base64::Engine as _;
        let key = RsaPrivateKey::from_pem(PKCS8).unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
        for ciphertext in [&encoded, &wire] {
            prop_assert_eq!(key.decrypt(&mut SysRng, ciphertext).unwrap_err(), ClientSecretError::NotDecrypted);
        }
    }
}
