//! A reply in the dialect of its call: always HTTP 200 with JSON. A V1.0 reply is signed as well, over exactly the bytes sent.

use bytes::Bytes;
use getrandom::SysRng;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use koogallery::v1_cipher::{EncryptType, Iv};
use koogallery::{AccessKey, Dialect, Reply, body_sign};

use crate::config::{ConfigError, Environment, InvalidValue};
use crate::function::AnswerError;

/// The form of a reply.
#[derive(Debug)]
pub(crate) struct Style {
    dialect: Dialect,
    /// The key that verified the call. If none did, the key that KooGallery should use.
    access_key: Option<AccessKey>,
}

impl Style {
    pub(crate) const fn new(dialect: Dialect, access_key: Option<AccessKey>) -> Self {
        Self { dialect, access_key }
    }

    /// The reply with the members of its dialect, encrypted if the dialect demands it.
    pub(crate) fn apply(&self, reply: Reply, encrypt_type: EncryptType) -> Result<Reply, AnswerError> {
        match (self.dialect, &self.access_key) {
            (Dialect::BasicV1 | Dialect::KitV1, Some(key)) => {
                reply.encrypted(key, encrypt_type, || Iv::draw(&mut SysRng).map_err(|_| AnswerError::NoRandomness))
            }
            _ => Ok(reply.with_app_info(None)),
        }
    }

    /// The response. Nothing may change its body after this. `Body-Sign` must be sent in exactly this spelling. `http` keeps
    /// names in lower case, so the code that writes the response takes care of that.
    pub(crate) fn response(&self, reply: &Reply) -> Response<Bytes> {
        let mut response = response(reply);
        if let (Dialect::BasicV1 | Dialect::KitV1, Some(key)) = (self.dialect, &self.access_key) {
            let sign = body_sign::value(key.reveal(), response.body());
            if let Ok(sign) = HeaderValue::from_str(&sign) {
                response.headers_mut().insert(HeaderName::from_static("body-sign"), sign);
            }
        }
        response
    }
}

/// A V2.0 reply: HTTP 200 and JSON, also for a refusal.
#[must_use]
pub fn response(reply: &Reply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.to_body()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// `KOOGALLERY_V1_ENCRYPT_TYPE`: how V1.0's replies encrypt; 1 (AES-256) by default, 2 (AES-128).
pub(crate) fn encrypt_type(environment: &Environment) -> Result<EncryptType, ConfigError> {
    const NAME: &str = "KOOGALLERY_V1_ENCRYPT_TYPE";
    let Some(given) = environment.get(NAME) else { return Ok(EncryptType::default()) };
    given.trim().parse().map_err(|_| ConfigError::invalid(NAME, InvalidValue::Unexpected("1 (AES-256) or 2 (AES-128)")))
}
