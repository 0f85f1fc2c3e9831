//! The forms in which KooGallery writes its calls.

/// How a callback is written and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SaaS V2.0 basic, License 2.0, Online License, order notice: POST, signed in the query.
    BasicV2,
    /// SaaS V2.0 joint-operations kit: POST to a sub-path, signed in headers.
    KitV2,
    /// SaaS V1.0 basic, License 1.0: GET, `authToken`.
    BasicV1,
    /// SaaS V1.0 joint-operations kit: POST to a sub-path, `authToken` header.
    KitV1,
}

impl Dialect {
    /// Whether it belongs to the joint-operations kit, where the path names the callback instead of an `activity`.
    #[must_use]
    pub const fn is_kit(self) -> bool {
        matches!(self, Self::KitV2 | Self::KitV1)
    }
}
