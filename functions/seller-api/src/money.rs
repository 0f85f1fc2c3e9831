//! Amounts of money as KooGallery tells them: exact decimals. KooGallery names no currency beside them.

use koogallery_store::OrderAmount;
use rust_decimal::Decimal;

/// An amount as it is written; none if it is no decimal number.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text.trim()).ok()
}

/// Whether the whole order was told, and not its lines.
fn whole(amounts: &[OrderAmount]) -> Option<&OrderAmount> {
    amounts.iter().find(|amount| amount.is_of_the_order && amount.order_line_id.is_none())
}

/// The lines of an order.
pub(crate) fn lines(amounts: &[OrderAmount]) -> impl Iterator<Item = &OrderAmount> {
    amounts.iter().filter(|amount| amount.order_line_id.is_some())
}

/// The amount before discount of a whole order, in the same way as [`deal`]. Refunds have none.
pub(crate) fn listed(amounts: &[OrderAmount]) -> Option<Decimal> {
    of_order(amounts, |amount| decimal(amount.currency.as_deref()?))
}

/// The amount of the deal of a whole order, vouchers not deducted: as KooGallery told it for the order, or else the sum of all its
/// lines. None if one of them is not known.
pub(crate) fn deal(amounts: &[OrderAmount]) -> Option<Decimal> {
    of_order(amounts, |amount| decimal(amount.currency_after_discount.as_deref()?))
}

fn of_order(amounts: &[OrderAmount], of: impl Fn(&OrderAmount) -> Option<Decimal>) -> Option<Decimal> {
    if let Some(told) = whole(amounts).and_then(&of) {
        return Some(told);
    }
    let mut lines = lines(amounts).peekable();
    lines.peek()?;
    lines.map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(line: Option<&str>, deal: Option<&str>) -> OrderAmount {
        OrderAmount {
            order_line_id: line.map(|line| line.parse().unwrap()),
            currency_after_discount: deal.map(str::to_owned),
            is_of_the_order: line.is_none(),
            ..OrderAmount::default()
        }
    }

    #[test]
    fn the_deal_of_an_order_is_its_own_amount_or_the_sum_of_all_its_lines() {
        let text = |amounts: &[OrderAmount]| deal(amounts).map(|deal| deal.to_string());
        let lines = [amount(Some("l-1"), Some("0.10")), amount(Some("l-2"), Some("0.20"))];
        assert_eq!(text(&lines).as_deref(), Some("0.30"));
        assert_eq!(text(&[lines[0].clone(), amount(Some("l-2"), None)]), None, "not all are known");
        let told = [amount(Some("l-1"), None), amount(None, Some("-8.5"))];
        assert_eq!(text(&told).as_deref(), Some("-8.5"));
        assert_eq!((text(&[]), text(&[amount(None, None)]), text(&[amount(None, Some("much"))])), (None, None, None));
    }
}
