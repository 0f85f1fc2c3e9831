//! The hint for an application that has to start a login for a tenant: sealed, so that only this login reads it, and for a short time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use koogallery::{TenantId, Timestamp};
use koogallery_store::Sealed;
use serde::{Deserialize, Serialize};

use crate::Login;
use crate::stop::Failure;

/// What hints of ours begin with. An id of a tenant has no such dot.
const PREFIX: &str = "hint.";
/// The place for which they are sealed.
const PLACE: &str = "login hint";
/// How long an application may take to use one, in milliseconds.
const LASTS: i64 = 5 * 60 * 1000;

#[derive(Serialize, Deserialize)]
struct Hint {
    tenant: TenantId,
    until: Timestamp,
}

impl Login {
    /// A hint that names a tenant for five minutes.
    pub(crate) async fn make_hint(&self, tenant: &TenantId) -> Result<String, Failure> {
        let until = Timestamp::from_millis(self.now().as_millis() + LASTS);
        let hint = serde_json::to_vec(&Hint { tenant: tenant.clone(), until }).map_err(|_| Failure::Content)?;
        let sealed = self.vault.seal(self.store(), PLACE, &hint).await?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed.as_bytes())))
    }

    /// The tenant that one of our own hints names; none if it is no such hint, or its time is over.
    pub(crate) async fn open_hint(&self, hint: &str) -> Result<Option<TenantId>, Failure> {
        let Some(sealed) = hint.strip_prefix(PREFIX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()) else {
            return Ok(None);
        };
        // Whatever does not open is somebody's own text, and says nothing.
        let sealed = Sealed::from_bytes(sealed);
        let Ok(opened) = self.vault.open(self.store(), PLACE, &sealed).await else { return Ok(None) };
        let hint: Hint = serde_json::from_slice(&opened).map_err(|_| Failure::Content)?;
        Ok((hint.until >= self.now()).then_some(hint.tenant))
    }
}
