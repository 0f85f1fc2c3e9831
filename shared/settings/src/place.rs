//! Where something stands in a document.

use std::fmt;

/// A place in a document: a JSON pointer (RFC 6901), such as `/products/p-1/skus/s-2/features/0`. The document itself is the empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

impl Place {
    /// The member with this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    /// The member of a list, from 0.
    #[must_use]
    pub fn item(&self, number: usize) -> Self {
        Self(format!("{}/{number}", self.0))
    }

    /// As a JSON pointer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    /// For people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the document" } else { &self.0 })
    }
}
