//! The form of order ids: an id is found by it where no title says which column has it.

/// Whether a text has the form of KooGallery's order ids: `CS` or `XVS`, then at least six digits or capital letters, among them
/// a digit. The order line's suffix `-000001` may follow.
#[must_use]
pub fn is_order_id(text: &str) -> bool {
    let order = OrderIds::of(text).order_id;
    let rest = order.strip_prefix("CS").or_else(|| order.strip_prefix("XVS"));
    rest.is_some_and(|rest| {
        (6..=61).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            && rest.bytes().any(|byte| byte.is_ascii_digit())
    })
}

/// An order's id, and its line's if the text has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderIds<'a> {
    /// The order.
    pub order_id: &'a str,
    /// The order line.
    pub order_line_id: Option<&'a str>,
}

impl<'a> OrderIds<'a> {
    /// Takes a text apart: `CS…-000001` is an order line of the order `CS…`.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        match text.rsplit_once('-') {
            Some((order_id, number)) if number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self { order_id, order_line_id: Some(text) }
            }
            _ => Self { order_id: text, order_line_id: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_known_by_their_form() {
        for text in ["CS2011231028H9LMD", "XVS123456", "CS2011231028H9LMD-000001"] {
            assert!(is_order_id(text), "{text}");
        }
        for text in ["", "CS", "CS12", "CSABCDEFG", "cs1234567", "CS12345678 9", "订单", "XV123456"] {
            assert!(!is_order_id(text), "{text}");
        }
        let ids = OrderIds::of("CS1234567-000002");
        assert_eq!((ids.order_id, ids.order_line_id), ("CS1234567", Some("CS1234567-000002")));
        assert_eq!(OrderIds::of("CS1234567-2").order_id, "CS1234567-2");
    }
}
