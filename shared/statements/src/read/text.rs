//! The letters of a CSV file: UTF-8 or UTF-16 if it says so, UTF-8 if it is that, GBK otherwise.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::read::error::{Problem, ReadError};

/// How many letters beyond ASCII must be right before a wrong one says that the file is UTF-8 and damaged.
const CERTAIN: usize = 8;

/// Reads the bytes as text.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = &bytes[length..];
        return match encoding.decode_without_bom_handling_and_without_replacement(rest) {
            Some(text) => Ok(text),
            None if encoding == UTF_8 => Err(damaged(rest)),
            None => Err(ReadError::of_file(Problem::Encoding)),
        };
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let right = &bytes[..error.valid_up_to()];
    let beyond_ascii = right.iter().filter(|byte| **byte >= 0xc0).count();
    if beyond_ascii >= CERTAIN || error.error_len().is_none() && beyond_ascii > 0 {
        return Err(damaged(bytes));
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        let (text, _) = GB18030.decode_without_bom_handling(bytes);
        let (before, at_end) =
            text.split_once('\u{fffd}').map_or((&*text, true), |(text, rest)| (text, rest.trim().is_empty()));
        wrong(before.as_bytes(), at_end)
    })
}

/// What is wrong with bytes that are meant to be UTF-8.
fn damaged(bytes: &[u8]) -> ReadError {
    match std::str::from_utf8(bytes) {
        Err(error) => wrong(&bytes[..error.valid_up_to()], error.error_len().is_none()),
        Ok(_) => ReadError::of_file(Problem::Encoding),
    }
}

fn wrong(before: &[u8], at_end: bool) -> ReadError {
    let lines = before.split(|byte| *byte == b'\n').count();
    let row = u32::try_from(lines).unwrap_or(u32::MAX);
    ReadError::at(row, if at_end { Problem::Truncated } else { Problem::Encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_known() {
        let text = "订单号,成交价\nCS1,¥5\n";
        let (gbk, ..) = encoding_rs::GBK.encode("订单号,成交价\nCS1,￥5\n");
        let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        assert_eq!(decode(&gbk).unwrap(), "订单号,成交价\nCS1,￥5\n");
        assert_eq!(decode(&utf_16).unwrap(), text);
    }

    #[test]
    fn a_damaged_file_says_where() {
        let text = "订单号,成交价,账期\n一,二\n三";
        let error = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
        let cut = error(&text.as_bytes()[..text.len() - 1]);
        assert!(cut.starts_with("row 3") && cut.contains("downloaded"), "{cut}");
        let mut broken = text.as_bytes().to_vec();
        broken[31] = 0xff;
        assert!(error(&broken).starts_with("row 2: the text is neither"), "{}", error(&broken));
        let (gbk, ..) = encoding_rs::GBK.encode(text);
        assert!(error(&gbk[..gbk.len() - 1]).starts_with("row 3"), "cut off");
        assert!(error(&[b'a', 0xff, 0xff, b'\n']).starts_with("row 1"));
    }
}
