//! Texts in a CSV that a person opens in a spreadsheet. A text from a buyer may look like a formula: it must not be run.

use std::borrow::Cow;

use crate::plain::half_width;

/// A cell for a CSV file: a text that a spreadsheet would take as a formula gets a `'` before it. Numbers stay numbers.
///
/// Quotes, commas and new lines are the CSV writer's.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    let starts = text.chars().next().map(half_width);
    // A blank before it helps nobody: some programs cut it off.
    let after_blanks = text.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next().map(half_width);
    let risky = |letter: Option<char>| letter.is_some_and(|letter| "=+-@\t\r\n".contains(letter));
    if (risky(starts) || risky(after_blanks)) && !is_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Digits with a sign and a point, and nothing that a spreadsheet could calculate.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_numbers_are_numbers() {
        for text in
            ["=1+1", "+SUM(A1)", "-1+1", "@SUM", "\t=1", "\r=1", "\n=1", "＝1", " =1", "-", "--1", "-1e5", "+1.2.3"]
        {
            assert_eq!(escape(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "a", "-5.00", "+5", "1,000", "订单", "a=1", "12"] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }
}
