//! The keys of the login: what signs ID tokens, what applications verify them with, and how keys follow one another.
//!
//! Tokens are JSON Web Signatures in their compact form (RFC 7515), over the algorithms of `ring`. Only two algorithms are needed
//! and nothing is ever chosen by a token, so there is no JOSE library in a function; tests verify with stock ones.

mod issuer;
mod private_key;
mod public_key;
pub mod random;
mod rotation;
mod signing_keys;
mod token;

pub use issuer::{Issuer, IssuerError, is_loopback};
pub use koogallery_settings::Algorithm;
pub use private_key::{KeyError, PrivateKey};
pub use public_key::PublicKey;
pub use rotation::{Phase, Rotation};
pub use signing_keys::{Rotated, SigningKeyError, SigningKeys};
pub use token::{TokenError, verified};
