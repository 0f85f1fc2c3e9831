//! Amounts as exports write them, read exactly: never by binary fractions, and never by guess.

use rust_decimal::Decimal;

use crate::plain::{half_width, trimmed};

/// Why a text is not an amount. The text is not in it: where the columns are mixed up, it may be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It has something else than digits, separators, a sign and a currency.
    #[error("it has other signs than those of an amount")]
    Signs,
    /// Commas do not stand before each three digits, so it is not clear whether they are thousands or a decimal point.
    #[error("its commas do not separate thousands")]
    Separators,
    /// It has more digits than an amount can have.
    #[error("it has more than 28 digits")]
    Digits,
}

/// More letters than any amount has.
const LONGEST: usize = 64;

/// Reads an amount: `1200.10`, `1,200.10`, `¥1,200.10`, `1200.10元`, `USD 5`, `-5`, `5-`, `(5.00)`, `1.2E+3`, also in full-width
/// letters. Returns the amount and the text of the currency. None if the cell is empty or has only dashes.
pub fn read_amount(text: &str) -> Result<Option<(Decimal, Option<String>)>, AmountError> {
    let text: String = trimmed(text).chars().take(LONGEST + 1).map(half_width).collect();
    if text.chars().all(|letter| "-–—/ ".contains(letter)) {
        return Ok(None);
    }
    if text.chars().count() > LONGEST {
        return Err(AmountError::Digits);
    }
    let (text, bracketed) = match text.strip_prefix('(') {
        Some(rest) => (rest.strip_suffix(')').ok_or(AmountError::Signs)?.trim(), true),
        None => (text.as_str(), false),
    };
    let (text, signed) = sign(text)?;
    let is_of_number = |letter: char| letter.is_ascii_digit() || "-+.,".contains(letter);
    let start = text.find(is_of_number).ok_or(AmountError::Signs)?;
    let end = text.rfind(is_of_number).map_or(text.len(), |end| end + 1);
    let (before, after) = (text[..start].trim(), text[end..].trim());
    let currency = match (before, after) {
        ("", "") => None,
        (currency, "") | ("", currency) => Some(currency.to_owned()),
        _ => return Err(AmountError::Signs),
    };
    // The sign may stand between currency and digits.
    let (digits, signed_inside) = sign(&text[start..end])?;
    if usize::from(bracketed) + usize::from(signed) + usize::from(signed_inside) > 1 {
        return Err(AmountError::Signs);
    }
    let amount = number(digits)?;
    let negative = bracketed || signed || signed_inside;
    Ok(Some((if negative { -amount } else { amount }, currency)))
}

/// Takes the sign off, before or after. Says whether it was a minus.
fn sign(text: &str) -> Result<(&str, bool), AmountError> {
    let text = text.trim();
    match (text.strip_prefix(['-', '+']), text.strip_suffix(['-', '+'])) {
        (Some(_), Some(_)) => Err(AmountError::Signs),
        (Some(rest), None) => Ok((rest.trim(), text.starts_with('-'))),
        (None, Some(rest)) => Ok((rest.trim(), text.ends_with('-'))),
        (None, None) => Ok((text, false)),
    }
}

/// Digits without a sign.
fn number(text: &str) -> Result<Decimal, AmountError> {
    if text.contains(['e', 'E']) {
        let signs = |letter: char| letter.is_ascii_digit() || "eE+-.".contains(letter);
        if !text.chars().all(signs) {
            return Err(AmountError::Signs);
        }
        return Decimal::from_scientific(text).map_err(|_| AmountError::Digits);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = if whole.contains(',') {
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        if !(1..=3).contains(&first.len()) || !groups.all(|group| group.len() == 3) {
            return Err(AmountError::Separators);
        }
        whole.replace(',', "")
    } else {
        whole.to_owned()
    };
    if fraction.contains(',') {
        return Err(AmountError::Separators);
    }
    if whole.is_empty() || !digits(&whole) || !digits(fraction) {
        return Err(AmountError::Signs);
    }
    let plain = if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") };
    Decimal::from_str_exact(&plain).map_err(|_| AmountError::Digits)
}

/// A number that a spreadsheet keeps as a binary fraction, as the spreadsheet shows it: with 15 digits. None if it is too large.
pub(crate) fn of_spreadsheet(number: f64) -> Option<Decimal> {
    if !number.is_finite() || number.abs() >= 1e21 {
        return None;
    }
    if number == 0.0 || number.abs() < 1e-12 {
        return Some(Decimal::ZERO);
    }
    Decimal::from_scientific(&format!("{number:.14e}")).ok().map(|amount| amount.normalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<String>, AmountError> {
        read_amount(text).map(|read| read.map(|(amount, _)| amount.to_string()))
    }

    #[test]
    fn amounts_are_exact_however_they_are_written() {
        for (text, amount) in [
            ("1200.10", "1200.10"),
            ("1,200.10", "1200.10"),
            ("12,345,678,901,234,567.89", "12345678901234567.89"),
            ("¥1,200.10", "1200.10"),
            ("￥ 1,200.10", "1200.10"),
            ("1200.10元", "1200.10"),
            ("USD 5", "5"),
            ("-5", "-5"),
            ("−5", "-5"),
            ("5-", "-5"),
            ("+5", "5"),
            ("(5.00)", "-5.00"),
            ("（５．００）", "-5.00"),
            ("-¥5", "-5"),
            ("¥-5", "-5"),
            ("(¥5)", "-5"),
            ("\t'0.1", "0.1"),
            ("1.2E+3", "1200"),
            ("5.", "5"),
        ] {
            assert_eq!(read(text).as_ref().map(Option::as_deref), Ok(Some(amount)), "{text}");
        }
        for text in ["", "-", "--", "—", "/", " "] {
            assert_eq!(read(text), Ok(None), "{text:?}");
        }
        assert_eq!(read_amount("USD 5").unwrap().unwrap().1.as_deref(), Some("USD"));
        assert_eq!(read_amount("5 元").unwrap().unwrap().1.as_deref(), Some("元"));
    }

    #[test]
    fn what_may_mean_two_things_is_no_amount() {
        for (text, error) in [
            ("1,20", AmountError::Separators),
            ("1.234,56", AmountError::Separators),
            ("1234,567", AmountError::Separators),
            ("1,,234", AmountError::Separators),
            ("--5", AmountError::Signs),
            ("(-5)", AmountError::Signs),
            ("(5", AmountError::Signs),
            ("5 5", AmountError::Signs),
            ("1.2.3", AmountError::Signs),
            ("soon", AmountError::Signs),
            ("=1+1", AmountError::Signs),
            (".5", AmountError::Signs),
            ("USD 5 EUR", AmountError::Signs),
            ("12345678901234567890123456789.99", AmountError::Digits),
            ("1e999", AmountError::Digits),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn numbers_of_spreadsheets_are_those_that_they_show() {
        for (number, shown) in [
            (1_200.1, "1200.1"),
            (0.1 + 0.2, "0.3"),
            ((-1_200.1_f64).next_up(), "-1200.1"),
            (123_456_789.12, "123456789.12"),
            (0.0, "0"),
            (1e-300, "0"),
        ] {
            assert_eq!(of_spreadsheet(number).map(|amount| amount.to_string()).as_deref(), Some(shown), "{number}");
        }
        assert_eq!(of_spreadsheet(f64::NAN), None);
        assert_eq!(of_spreadsheet(1e300), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(units in -1_000_000_000_000_000_i64..1_000_000_000_000_000, scale in 0_u32..8) {
            let amount = Decimal::new(units, scale);
            prop_assert_eq!(read_amount(&amount.to_string()), Ok(Some((amount, None))));
            let digits = amount.abs().to_string();
            let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "0"));
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(read_amount(&format!("({grouped}.{fraction})")), Ok(Some((-amount.abs(), None))));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = (read_amount(&text), crate::Day::read(&text), crate::Month::read(&text));
        }
    }
}
