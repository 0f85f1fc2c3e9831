//! The lists that a call may contain: not empty, and no longer than KooGallery allows.

/// 1 to `MAX` members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T, const MAX: usize>(Vec<T>);

/// The list is empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one call takes 1 to {max} members, not {count}")]
pub struct BatchError {
    /// How many members the list has.
    pub count: usize,
    /// How many it may have.
    pub max: usize,
}

impl<T, const MAX: usize> Batch<T, MAX> {
    /// The members.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for Batch<T, MAX> {
    type Error = BatchError;
    fn try_from(members: Vec<T>) -> Result<Self, BatchError> {
        match members.len() {
            0 => Err(BatchError { count: 0, max: MAX }),
            count if count > MAX => Err(BatchError { count, max: MAX }),
            _ => Ok(Self(members)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_one_to_max() {
        for (count, fits) in [(0, false), (1, true), (100, true), (101, false)] {
            assert_eq!(Batch::<u8, 100>::try_from(vec![0; count]).is_ok(), fits, "{count}");
        }
    }
}
