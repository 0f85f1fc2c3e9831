//! Texts as they are compared. Exports differ in case, blanks, underscores and the width of letters: none of it counts.

/// A text without what does not count: case, blanks, marks. Full-width letters are as others.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(half_width).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A full-width letter, digit or mark as the usual one; others as they are.
pub(crate) fn half_width(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ffe5}' => '¥',
        '\u{2212}' => '-',
        _ => letter,
    }
}

/// A cell's text without what exporters put around it so that a spreadsheet takes it as text: blanks, a tab, a quote.
pub(crate) fn trimmed(text: &str) -> &str {
    let blank = |letter: char| letter.is_whitespace() || letter == '\u{feff}' || letter == '\u{a0}';
    let text = text.trim_matches(blank);
    // ="CS…" is how some exports keep a spreadsheet from taking digits as a number.
    let text = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.strip_prefix('\'').unwrap_or(text).trim_matches(blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_count_is_left_out() {
        assert_eq!(plain(" Order_ID　（ＵＳＤ）"), "orderidusd");
        assert_eq!(plain("订单号/交易号"), "订单号交易号");
        for text in ["\tCS1 ", "'CS1", "=\"CS1\"", "\u{feff}CS1", "\u{a0}CS1\r\n"] {
            assert_eq!(trimmed(text), "CS1", "{text:?}");
        }
        assert_eq!(trimmed("=1+1"), "=1+1");
    }
}
