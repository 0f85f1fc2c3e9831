//! What a token of the seller API may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// A kind of request to the seller API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Scope {
    /// Read instances, orders, license codes, tenants and events, without personal data.
    Read,
    /// Send the buyer's way in or a license, activate licenses, have events delivered once more or given up.
    Provision,
    /// Enter what happened to orders: supervision, customer demands, answers to warnings.
    Orders,
    /// Report usage.
    Usage,
    /// Read personal data and client secrets.
    PersonalData,
    /// Take over customers from the seller's own records.
    Import,
    /// Read and write the settings of products.
    Settings,
    /// Have a plain host do what is due, where nothing else wakes it.
    Work,
}

impl Scope {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    fn read(word: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|scope| scope.word() == word)
    }
}

/// What a token may do: all of it, if its owner did not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Default for Scopes {
    fn default() -> Self {
        Self(Scope::VARIANTS.iter().copied().collect())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

/// A word is not a scope. It is repeated, because it is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the scope `{0}` is not one of read, provision, orders, usage, personal-data, import, settings, work")]
pub struct ScopeError(String);

impl Scopes {
    /// Reads words that are separated by commas.
    pub(crate) fn read(words: &str) -> Result<Self, ScopeError> {
        words.split(',').map(|word| Scope::read(word).ok_or_else(|| ScopeError(word.to_owned()))).collect()
    }

    /// Whether it may do this.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}
