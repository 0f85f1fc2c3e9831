//! How an hour is settled when it is closed: what of its amount is pushed, and what goes on into the next one.

use crate::model::usage::quantity::Quantity;

/// How an amount is settled. The parts add up to it, so nothing is lost and nothing counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What is pushed: zero or more, at most [`Quantity::MOST`].
    pub(crate) charge: Quantity,
    /// What goes on: below zero where more was taken back than used, above where it is more than one push takes.
    pub(crate) carried: Quantity,
}

/// Settles an amount.
pub(crate) fn settle(amount: Quantity) -> Settled {
    let charge = amount.clamp(Quantity::ZERO, Quantity::MOST);
    Settled { charge, carried: amount - charge }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost(amount in any::<i64>()) {
            let amount = Quantity::from_ten_thousandths(amount.into());
            let Settled { charge, carried } = settle(amount);
            prop_assert_eq!(charge + carried, amount);
            prop_assert!(charge >= Quantity::ZERO && charge <= Quantity::MOST);
            prop_assert!(carried == Quantity::ZERO || charge == Quantity::ZERO || charge == Quantity::MOST);
        }
    }
}
