//! Text fields with their length rules. They are made by parsing, so a value of such a type is always right.
//!
//! KooGallery's tables give the largest length of a field in characters. Its callbacks mix strings and numbers; both are read.

use std::fmt;

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};

/// Why a text was refused. `field` is KooGallery's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A mandatory text is empty, or blank.
    #[error("{field} is empty")]
    Empty {
        /// The field's name on the wire.
        field: &'static str,
    },
    /// The text is longer than the guide's table allows.
    #[error("{field} is longer than {max} characters")]
    TooLong {
        /// The field's name on the wire.
        field: &'static str,
        /// The largest length, in characters.
        max: usize,
    },
    /// The text is `.` or `..`: they name another path in an address, even when they are encoded.
    #[error("{field} is . or .., which an address cannot contain")]
    Dots {
        /// The field's name on the wire.
        field: &'static str,
    },
    /// The text is longer than V1.0's encryption allows.
    #[error("{field} is longer than {max} bytes, which V1.0 cannot send encrypted")]
    TooLongEncrypted {
        /// The field's name on the wire.
        field: &'static str,
        /// The largest length, in bytes.
        max: usize,
    },
}

pub(crate) fn check(field: &'static str, max: usize, text: &str) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty { field });
    }
    // A text of at most `max` bytes has at most `max` characters, so characters are rarely counted.
    if text.len() > max && text.chars().count() > max {
        return Err(TextError::TooLong { field, max });
    }
    Ok(())
}

/// The rule for a text that becomes a segment of an address's path.
pub(crate) fn no_dots(field: &'static str, text: &str) -> Result<(), TextError> {
    if matches!(text, "." | "..") { Err(TextError::Dots { field }) } else { Ok(()) }
}

/// Reads a JSON string, or a number that has only digits, as text. Numbers beyond 64 bits are texts already
/// ([`crate::long_numbers`]). A sign, a fraction or an exponent is refused, because such a number can be written in more than
/// one way.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(deserializer: D, field: &'static str) -> Result<String, D::Error> {
    struct Scalar(&'static str);
    impl Visitor<'_> for Scalar {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} to be a string or a number without sign, fraction and exponent", self.0)
        }
        fn visit_str<E>(self, value: &str) -> Result<String, E> {
            Ok(value.to_owned())
        }
        fn visit_string<E>(self, value: String) -> Result<String, E> {
            Ok(value)
        }
        fn visit_u64<E>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }
    }
    deserializer.deserialize_any(Scalar(field))
}

/// Reads an optional field: absent, `null` and blank all mean "not given". Use with `#[serde(default)]`.
pub(crate) fn blank_as_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: fmt::Display>,
{
    struct Given(String);
    impl<'de> Deserialize<'de> for Given {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            scalar(deserializer, "an optional field").map(Given)
        }
    }
    match Option::<Given>::deserialize(deserializer)? {
        Some(Given(text)) if !text.trim().is_empty() => T::try_from(text).map(Some).map_err(D::Error::custom),
        _ => Ok(None),
    }
}

/// Reads an optional text without a length rule: absent, `null` and blank all mean "not given". Use with
/// `#[serde(default)]`.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Given(String);
    impl TryFrom<String> for Given {
        type Error = TextError;
        fn try_from(text: String) -> Result<Self, TextError> {
            Ok(Self(text))
        }
    }
    Ok(blank_as_none::<D, Given>(deserializer)?.map(|Given(text)| text))
}

/// Reads a field that V2.0 requires and V1.0 does not have. It is an error if a body does not have it.
pub(crate) fn required<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Makes a text type with its length rule, and with `$rule` if it has another one. The type's own code says how it is read back
/// and shown.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:literal $(, $rule:path)?) => {
        $(#[$doc])*
        #[doc = concat!("\n\n`", $field, "`: 1 to ", $max, " characters.")]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = $crate::text::TextError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                $crate::text::check($field, $max, &text)?;
                $($rule($field, &text)?;)?
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::TextError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from($crate::text::scalar(deserializer, $field)?).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use checked_text;

/// Makes a text type that may be read and shown. A `hidden` one is personal: its `Debug` output does not contain it.
macro_rules! text_type {
    ($(#[$doc:meta])* hidden $name:ident, $field:literal, $max:literal) => {
        checked_text!($(#[$doc])* $name, $field, $max);
        text_type!(@ $name);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:literal $(, $rule:path)?) => {
        checked_text!($(#[$doc])* $name, $field, $max $(, $rule)?);
        text_type!(@ $name);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0).finish()
            }
        }
    };
    (@ $name:ident) => {
        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type!(
    /// An order (订单).
    OrderId, "orderId", 64
);
text_type!(
    /// An order line (订单行) of an order.
    OrderLineId, "orderLineId", 64
);
text_type!(
    /// The id of a call. It differs on every call, even a repeat. The first one of an order line becomes its instance id.
    BusinessId, "businessId", 64
);
text_type!(
    /// The id of an instance (实例): what an order line bought. It first appears in the seller's reply to newInstance.
    InstanceId, "instanceId", 64
);
text_type!(
    /// A product with its kind of period.
    ProductId, "productId", 64
);
text_type!(
    /// A specification (SKU) of a product.
    SkuCode, "skuCode", 64
);
text_type!(
    /// A buyer's account.
    CustomerId, "customerId", 100
);
text_type!(
    /// With the device's fingerprint, this identifies one request for a license; a repeat has the same. The license is
    /// uploaded to an address that contains it.
    EventId, "eventId", 64, no_dots
);

text_type!(
    /// A tenant (租户): the enterprise to which a buyer bound an application.
    TenantId, "tenantId", 64
);
text_type!(
    /// A tenant's code in login addresses.
    TenantCode, "tenantCode", 64
);
text_type!(
    /// A tenant's name.
    TenantName, "name", 255
);
text_type!(
    /// The domain where a tenant's users log in, with `https://`.
    DomainName, "domainName", 255
);
text_type!(
    /// The id of an application, as a tenant bound it.
    AppId, "appId", 64
);
text_type!(
    /// The OAuth client id of a tenant's application. The guide gives no length.
    ClientId, "clientId", 255
);
text_type!(
    /// A user's login name, unique in the tenant.
    hidden UserName, "userName", 64
);
text_type!(
    /// A user's own name.
    hidden PersonName, "name", 64
);
text_type!(
    /// A department (部门), unique in the tenant.
    OrgCode, "orgCode", 64
);
text_type!(
    /// A department's name.
    OrgName, "orgName", 128
);
text_type!(
    /// The department above another.
    ParentCode, "parentCode", 64
);

impl BusinessId {
    /// The same text as an instance id, which the guide recommends. Returns none if it cannot be one: KooGallery asks for
    /// instances in a comma-separated list, and an id is part of addresses. KooGallery's own ids are letters and digits.
    #[must_use]
    pub fn as_instance_id(&self) -> Option<InstanceId> {
        let serves = self.0.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
            && no_dots("businessId", &self.0).is_ok();
        serves.then(|| InstanceId(self.0.clone()))
    }
}

/// A free text of at most `MAX` characters in a reply, such as an address or a note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Makes the text. An error names the member that contains it.
    pub(crate) fn named(field: &'static str, text: String) -> Result<Self, TextError> {
        check(field, MAX, &text).map(|()| Self(text))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        check("text", MAX, &text).map(|()| Self(text))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_in_characters() {
        assert!("实".repeat(64).parse::<OrderId>().is_ok());
        assert_eq!("实".repeat(65).parse::<OrderId>(), Err(TextError::TooLong { field: "orderId", max: 64 }));
        for blank in ["", " ", "\u{3000}"] {
            assert_eq!(blank.parse::<OrderId>(), Err(TextError::Empty { field: "orderId" }));
        }
    }

    #[test]
    fn a_business_id_that_could_not_be_asked_for_is_no_instance_id() {
        let id = |text: &str| text.parse::<BusinessId>().unwrap().as_instance_id();
        assert_eq!(id("03pf80c2-b_1").unwrap().as_str(), "03pf80c2-b_1");
        for odd in ["a,b", "a b", " a", "实例", ".", ".."] {
            assert_eq!(id(odd), None, "{odd}");
        }
    }

    #[test]
    fn personal_texts_are_not_shown() {
        let name: UserName = "zhang.san".parse().unwrap();
        assert_eq!(format!("{name:?}"), "UserName(…)");
        assert_eq!(name.to_string(), "zhang.san");
    }

    #[test]
    fn strings_and_numbers_are_read_alike() {
        assert_eq!(serde_json::from_str::<OrderId>("12").unwrap(), serde_json::from_str(r#""12""#).unwrap());
        assert_eq!(serde_json::from_str::<OrderId>("18446744073709551615").unwrap().as_str(), "18446744073709551615");
        for odd in ["{}", "-1", "-0", "1.0", "1e3", "1E3", "12.5", "-9223372036854775809", "true"] {
            let error = serde_json::from_str::<OrderId>(odd).unwrap_err().to_string();
            assert!(error.contains("orderId"), "{odd}: {error}");
        }
        assert_eq!(serde_json::from_str::<OrderId>(r#""1e3""#).unwrap().as_str(), "1e3");
    }

    #[test]
    fn an_event_id_cannot_leave_the_address_that_holds_it() {
        for dots in [".", ".."] {
            assert_eq!(dots.parse::<EventId>(), Err(TextError::Dots { field: "eventId" }));
        }
        for id in ["...", ".a", "../x", "e-1"] {
            assert_eq!(id.parse::<EventId>().unwrap().as_str(), id);
        }
    }

    #[test]
    fn a_blank_optional_is_absent() {
        #[derive(Deserialize)]
        struct Holder {
            #[serde(default, deserialize_with = "blank_as_none")]
            id: Option<ProductId>,
        }
        let read = |json| serde_json::from_str::<Holder>(json).map(|holder| holder.id);
        assert_eq!(read("{}").unwrap(), None);
        assert_eq!(read(r#"{"id":null}"#).unwrap(), None);
        assert_eq!(read(r#"{"id":" "}"#).unwrap(), None);
        assert_eq!(read(r#"{"id":7}"#).unwrap().unwrap().as_str(), "7");
        assert!(read(&format!(r#"{{"id":"{}"}}"#, "x".repeat(65))).is_err());
    }
}
