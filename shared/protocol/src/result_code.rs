//! `resultCode`: the six digits of every reply (topics 0070649421, 0070649057; online License: saascenter 0093).

use std::fmt;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

macro_rules! result_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)+) => {
        /// The result of a call. Each variant says when it is used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ResultCode {
            $($(#[$doc])* #[doc = concat!("\n\n`", $code, "`: ", $message)] $name,)+
        }

        impl ResultCode {
            /// The six digits.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The `resultMsg` of a reply that has nothing more precise.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }

        impl std::str::FromStr for ResultCode {
            type Err = UnknownResultCode;
            fn from_str(code: &str) -> Result<Self, UnknownResultCode> {
                match code {
                    $($code => Ok(Self::$name),)+
                    _ => Err(UnknownResultCode),
                }
            }
        }
    };
}

result_codes! {
    /// Done, or already done.
    Success = "000000", "success";
    /// The signature is wrong or missing, or the nonce was used before.
    AuthenticationFailed = "000001", "authentication failed";
    /// A field, the timestamp or the nonce is missing, malformed or out of bounds; the activity is unknown.
    InvalidParameter = "000002", "invalid parameter";
    /// The instance does not exist, or was released (License 2.0: the same of a code).
    InstanceNotFound = "000003", "instance ID does not exist";
    /// Provisioning is not finished. KooGallery polls with queryInstance.
    Processing = "000004", "request is being processed";
    /// The store or another dependency failed. KooGallery tries again.
    InternalError = "000005", "internal error, try again";
    /// newInstance: no resource is left.
    NoResource = "000100", "no instance resource can be allocated";
    /// newInstance: the mobile number is missing or used already. applicationSync: the client secret does not decrypt.
    MobileNumber = "000101", "mobile number missing or already used";
    /// newInstance: the e-mail address is missing or used already.
    Email = "000102", "e-mail missing or already used";
    /// newInstance: the product cannot be bought twice.
    AlreadyPurchased = "000103", "product already purchased";
    /// newInstance: the product's own service failed.
    ProductServiceFailed = "000104", "the product's internal service failed";
    /// newInstance: the account already has the benefit.
    BenefitHeld = "000105", "the account already has the benefit";
    /// newInstance: sold out.
    SoldOut = "000106", "sold out";
    /// newInstance: the SaaS e-mail domain exists.
    EmailDomainExists = "000107", "SaaS e-mail domain already exists";
    /// getLicenseAsync: the order's quota is used up.
    LicenseQuotaUsedUp = "000900", "the order's license quota is used up";
    /// getLicenseAsync: outside the order's validity period.
    OutsideValidity = "000901", "apply within the order's validity period";
    /// getLicenseAsync: a period-billed license needs an expiry.
    ExpiryRequired = "000902", "a period-billed license must carry an expiry";
    /// getLicenseAsync: a device fingerprint or hardware code is needed.
    FingerprintRequired = "000903", "a device fingerprint or hardware code is required";
}

/// The text is not a result code that KooGallery documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a result code of the KooGallery protocol")]
pub struct UnknownResultCode;

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ResultCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResultCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
