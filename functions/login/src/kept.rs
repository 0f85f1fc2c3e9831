//! What the table keeps for a login: JSON, sealed for the handle under which it is kept.

use koogallery::Timestamp;
use koogallery_store::{HandleDigest, LoginStep, LoginUse, Sealed};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Login;
use crate::granted::Granted;
use crate::pages::Reason;
use crate::registry::{Registered, Registry};
use crate::stop::{Failure, Page, Stop};

/// The result of using what is kept.
pub(crate) enum Used<T> {
    First(T),
    Again(T),
    OfAnother,
    Gone,
}

impl Login {
    /// Keeps something until a time, for who shows `bound_to`.
    pub(crate) async fn keep(
        &self,
        step: LoginStep,
        of: HandleDigest,
        bound_to: HandleDigest,
        content: &impl Serialize,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let sealed = self.sealed(step, of, content).await?;
        Ok(self.store().keep_login(step, of, bound_to, &sealed, until).await?)
    }

    /// Keeps a code, and tells of the user who logged in where that is switched on. Users of debug tenants are not told of.
    pub(crate) async fn keep_code(
        &self,
        of: HandleDigest,
        bound_to: HandleDigest,
        granted: &Granted,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let Some(user) = granted.identity.signed_in().filter(|_| self.tells_of_users) else {
            return self.keep(LoginStep::Code, of, bound_to, granted, until).await;
        };
        let sealed = self.sealed(LoginStep::Code, of, granted).await?;
        Ok(self.store().keep_code_and_tell(of, bound_to, &sealed, until, &user, self.now()).await?)
    }

    async fn sealed(&self, step: LoginStep, of: HandleDigest, content: &impl Serialize) -> Result<Sealed, Failure> {
        let content = serde_json::to_vec(content).map_err(|_| Failure::Content)?;
        Ok(self.vault.seal(self.store(), &step.place(of), &content).await?)
    }

    /// Uses something, once.
    pub(crate) async fn use_kept<T: DeserializeOwned>(
        &self,
        step: LoginStep,
        of: HandleDigest,
        bound_to: HandleDigest,
    ) -> Result<Used<T>, Failure> {
        let used = self.store().use_login(step, of, bound_to, self.now()).await?;
        self.opened(step, of, used).await
    }

    /// What was used for the first time, with its client; else the page that says why it cannot be.
    pub(crate) fn first<'a, T>(
        &self,
        used: Used<T>,
        registry: &'a Registry,
        client_id: impl Fn(&T) -> &str,
    ) -> Result<(T, Registered<'a>), Stop> {
        match used {
            Used::First(kept) => {
                let registered = registry.named(client_id(&kept))?;
                Ok((kept, registered.ok_or_else(|| Page::new(Reason::InvalidClient))?))
            }
            Used::Again(kept) => {
                let registered = registry.named(client_id(&kept))?;
                let again = registered.and_then(|registered| self.again(registered.client));
                Err(Page { again, ..Page::new(Reason::FlowUsed) }.into())
            }
            Used::OfAnother => Err(self.expired(registry, "the flow is another browser's").into()),
            Used::Gone => Err(self.expired(registry, "the flow is over").into()),
        }
    }

    /// What a use gave, in the clear.
    pub(crate) async fn opened<T: DeserializeOwned>(
        &self,
        step: LoginStep,
        of: HandleDigest,
        used: LoginUse,
    ) -> Result<Used<T>, Failure> {
        Ok(match used {
            LoginUse::First(sealed) => Used::First(self.open(step, of, &sealed).await?),
            LoginUse::Again(sealed) => Used::Again(self.open(step, of, &sealed).await?),
            LoginUse::OfAnother => Used::OfAnother,
            LoginUse::Gone => Used::Gone,
        })
    }

    /// Content in the clear.
    pub(crate) async fn open<T: DeserializeOwned>(
        &self,
        step: LoginStep,
        of: HandleDigest,
        sealed: &Sealed,
    ) -> Result<T, Failure> {
        let content = self.vault.open(self.store(), &step.place(of), sealed).await?;
        serde_json::from_slice(&content).map_err(|_| Failure::Content)
    }
}
