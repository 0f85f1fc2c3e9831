//! The ways in: an identity provider, or a link that works once where the console is on this machine.

pub(crate) mod claims;
pub(crate) mod link;
pub(crate) mod provider;
pub(crate) mod sign_in;

use link::Link;
use provider::Provider;

/// How somebody signs in.
pub(crate) enum Way {
    /// An OpenID Connect provider says who it is.
    Provider(Box<Provider>),
    /// Whoever started the host has a link.
    Link(Link),
}
