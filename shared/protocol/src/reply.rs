//! The reply to a callback, and its bytes.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::access_key::AccessKey;
use crate::app_info::{AppInfo, InstanceInfo};
use crate::license_code::LicenseText;
use crate::result_code::ResultCode;
use crate::text::{InstanceId, TextError};
use crate::v1_cipher::{EncryptType, Iv, encrypt};

/// The most characters of `resultMsg`.
const MAX_MESSAGE: usize = 255;

/// The reply to KooGallery: always HTTP 200 with this as a JSON object, also for a refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Success, or the kind of failure.
    pub result_code: ResultCode,
    /// The same for people, in at most 255 characters.
    #[serde(default)]
    pub result_msg: Cow<'static, str>,
    /// V1.0: how `userName` and `password` are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypt_type: Option<EncryptType>,
    /// newInstance: the id of the instance that the order line bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// newInstance of V1.0: the buyer's way in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<AppInfo>,
    /// queryInstance: the requested instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Vec<InstanceInfo>>,
    /// getLicense of License 1.0: the license itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseText>,
}

impl Reply {
    /// A reply with only a code and the code's own message.
    #[must_use]
    pub const fn of(result_code: ResultCode) -> Self {
        Self {
            result_code,
            result_msg: Cow::Borrowed(result_code.message()),
            encrypt_type: None,
            instance_id: None,
            app_info: None,
            info: None,
            license: None,
        }
    }

    /// `000000`.
    #[must_use]
    pub const fn success() -> Self {
        Self::of(ResultCode::Success)
    }

    /// A refusal with the code's message and `detail`, cut to the length of `resultMsg`.
    #[must_use]
    pub fn refusal(result_code: ResultCode, detail: impl std::fmt::Display) -> Self {
        Self::saying(result_code, format_args!("{}: {detail}", result_code.message()))
    }

    /// A refusal with only `detail`, for a case in which the code's message would be wrong. Cut to the length of `resultMsg`.
    #[must_use]
    pub fn saying(result_code: ResultCode, message: impl std::fmt::Display) -> Self {
        let message = message.to_string().chars().take(MAX_MESSAGE).collect();
        Self { result_msg: Cow::Owned(message), ..Self::of(result_code) }
    }

    /// The same reply with an instance id.
    #[must_use]
    pub fn with_instance(self, instance_id: InstanceId) -> Self {
        Self { instance_id: Some(instance_id), ..self }
    }

    /// The same reply with the buyer's way in.
    #[must_use]
    pub fn with_app_info(self, app_info: Option<AppInfo>) -> Self {
        Self { app_info, ..self }
    }

    /// The same reply with a list of instances.
    #[must_use]
    pub fn with_info(self, info: Vec<InstanceInfo>) -> Self {
        Self { info: Some(info), ..self }
    }

    /// The same reply with a license.
    #[must_use]
    pub fn with_license(self, license: LicenseText) -> Self {
        Self { license: Some(license), ..self }
    }

    /// The same reply in V1.0's form: every `userName` and `password` is encrypted, each with a new `iv`.
    ///
    /// Fails with the name of a value that is too long after encryption ([`AppInfo::fits_v1`]).
    pub fn encrypted<E: From<TextError>>(
        mut self,
        access_key: &AccessKey,
        encrypt_type: EncryptType,
        mut iv: impl FnMut() -> Result<Iv, E>,
    ) -> Result<Self, E> {
        let infos = self.info.iter_mut().flatten().filter_map(|info| info.app_info.as_mut());
        for app_info in infos.chain(&mut self.app_info) {
            for credential in app_info.user_name.iter_mut().chain(&mut app_info.password) {
                let wire = encrypt(access_key.reveal(), encrypt_type, &iv()?, credential.as_str());
                *credential = wire.try_into()?;
                self.encrypt_type = Some(encrypt_type);
            }
        }
        Ok(self)
    }

    /// The body, in ASCII. The guide wants other characters of a memo as `\uXXXX`; every reader accepts that elsewhere too.
    #[must_use]
    pub fn to_body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        let mut serializer = serde_json::Serializer::with_formatter(&mut body, AsciiFormatter);
        match self.serialize(&mut serializer) {
            Ok(()) => body,
            // Writing text into memory cannot fail. If it ever does, KooGallery should try again.
            Err(_) => br#"{"resultCode":"000005","resultMsg":"internal error, try again"}"#.to_vec(),
        }
    }
}

/// Writes compact JSON with every character beyond ASCII escaped.
struct AsciiFormatter;

impl serde_json::ser::Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
            let (plain, other) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = other.chars();
            if let Some(c) = chars.next() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_reply_has_just_code_and_message() {
        assert_eq!(Reply::success().to_body(), br#"{"resultCode":"000000","resultMsg":"success"}"#);
    }

    #[test]
    fn other_characters_are_escaped() {
        let body = Reply::refusal(ResultCode::InvalidParameter, "实😀").to_body();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"resultCode":"000002","resultMsg":"invalid parameter: \u5b9e\ud83d\ude00"}"#
        );
    }

    #[test]
    fn a_long_message_is_cut() {
        let reply = Reply::refusal(ResultCode::InvalidParameter, "实".repeat(300));
        assert_eq!(reply.result_msg.chars().count(), 255);
        assert_eq!(Reply::saying(ResultCode::MobileNumber, "the clientSecret").result_msg, "the clientSecret");
    }

    proptest! {
        #[test]
        fn a_body_is_ascii_and_reads_back(detail in "\\PC{0,80}", id in "[!-~]{1,64}|[!-~]\\PC{1,63}") {
            let reply = Reply::refusal(ResultCode::InvalidParameter, detail).with_instance(id.parse().unwrap());
            let body = reply.to_body();
            prop_assert!(body.is_ascii());
            prop_assert_eq!(serde_json::from_slice::<Reply>(&body).unwrap(), reply);
        }
    }
}
