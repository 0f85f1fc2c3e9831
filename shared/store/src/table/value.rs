//! A value of an attribute, from the types that the table has.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{ExpireTime, InterfaceType, ProductId, Timestamp};
use uuid::Uuid;

use crate::model::lifecycle::{FreezeCause, Status};
use crate::model::usage::quantity::Quantity;

/// A value of an attribute.
#[derive(Debug, Clone)]
pub(crate) struct Value(pub(crate) AttributeValue);

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        Self(value)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(AttributeValue::S(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self(AttributeValue::Bool(yes))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self(AttributeValue::N(number.to_string()))
    }
}

impl From<Quantity> for Value {
    /// In ten-thousandths.
    fn from(amount: Quantity) -> Self {
        Self(AttributeValue::N(amount.ten_thousandths().to_string()))
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self(AttributeValue::N(at.to_string()))
    }
}

impl From<ExpireTime> for Value {
    fn from(time: ExpireTime) -> Self {
        time.to_string().into()
    }
}

impl From<&ProductId> for Value {
    fn from(product: &ProductId) -> Self {
        product.to_string().into()
    }
}

impl From<Status> for Value {
    fn from(status: Status) -> Self {
        status.as_str().to_owned().into()
    }
}

impl From<FreezeCause> for Value {
    fn from(cause: FreezeCause) -> Self {
        cause.as_str().to_owned().into()
    }
}

impl From<InterfaceType> for Value {
    fn from(family: InterfaceType) -> Self {
        family.name().to_owned().into()
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        id.to_string().into()
    }
}
