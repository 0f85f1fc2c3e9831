//! What logins keep: for some minutes what one login is about, the keys that sign, and the sessions of the console.

pub(crate) mod kept;
pub(crate) mod session;
pub(crate) mod signing_key;
