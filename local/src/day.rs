//! Times as a person types them: RFC 3339, or a day of Beijing, which begins at midnight there.

/// The time for the seller API. What is no day stays as it is: the seller API reads it, or says what is wrong.
pub(crate) fn time(given: &str) -> String {
    let is_day = given.len() == 10
        && given.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_day { format!("{given}T00:00:00+08:00") } else { given.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_beijing() {
        assert_eq!(time("2026-11-26"), "2026-11-26T00:00:00+08:00");
        for other in ["2026-11-26T08:00:00Z", "2026-1-26", "tomorrow12", "20261126", ""] {
            assert_eq!(time(other), other);
        }
    }
}
