//! Amounts, exact to four decimals.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

/// An amount of use in ten-thousandths, positive or negative. It is a whole number, so no sum is ever rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give an amount such as 12.5, with at most 8 digits before the point and 4 after it")]
pub struct QuantityError;

const UNIT: i128 = 10_000;

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one record may have, and that is pushed at once: KooGallery keeps 12 digits, 4 of them after the point.
    pub const MOST: Self = Self(100_000_000 * UNIT - 1);

    /// From ten-thousandths.
    #[must_use]
    pub const fn from_ten_thousandths(amount: i128) -> Self {
        Self(amount)
    }

    /// In ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(self) -> i128 {
        self.0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Zeros at the end may be more than four.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let kept = decimals.trim_end_matches('0');
        if !is_number(whole) || !is_number(decimals) || whole.len() > 8 || kept.len() > 4 {
            return Err(QuantityError);
        }
        format!("{whole}{kept:0<4}").parse::<i128>().map(|amount| Self(sign * amount)).map_err(|_| QuantityError)
    }
}

impl fmt::Display for Quantity {
    /// Without zeros at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, decimals) = (self.0.abs() / UNIT, format!("{:04}", self.0.abs() % UNIT));
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_exact_or_too_long_is_refused() {
        for (text, amount) in
            [("0", 0), ("12.5", 125_000), ("-0.0001", -1), ("99999999.9999", 999_999_999_999), ("1.500000", 15_000)]
        {
            assert_eq!(text.parse(), Ok(Quantity(amount)), "{text}");
        }
        for bad in ["", "-", "+1", "1e3", "0.00001", "1.", ".5", "100000000", "１", "--1", "1.2.3", " 1", "NaN"] {
            assert_eq!(bad.parse::<Quantity>(), Err(QuantityError), "{bad}");
        }
        assert_eq!("99999999.9999".parse(), Ok(Quantity::MOST));
    }

    proptest! {
        #[test]
        fn written_and_read_again_is_the_same(amount in -999_999_999_999_i128..=999_999_999_999) {
            prop_assert_eq!(Quantity(amount).to_string().parse(), Ok(Quantity(amount)));
        }
    }
}
