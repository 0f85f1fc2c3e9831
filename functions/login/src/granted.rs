//! What an application gets when a user was admitted.

use serde::{Deserialize, Serialize};

use crate::identity::Identity;

/// What a code stands for, and later its access token.
#[derive(Serialize, Deserialize)]
pub(crate) struct Granted {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    pub(crate) code_challenge: Option<String>,
    /// When the tenant's login named the user, in seconds since the epoch.
    pub(crate) auth_time: i64,
    pub(crate) identity: Identity,
}
