//! The login of buyers' users: what the table keeps for it, its keys, and whole logins with a browser and a tenant's login.

mod attacks;
pub(crate) mod deployed;
mod keeping;
mod keys;
mod of_settings;
mod whole;
mod world;
