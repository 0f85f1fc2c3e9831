//! What the login of buyers' users keeps: for some minutes what one login is about, and the keys that sign.

pub(crate) mod kept;
pub(crate) mod signing_key;
