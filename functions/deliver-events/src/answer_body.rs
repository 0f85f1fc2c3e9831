//! Reads the body of the application's answer as text, in the forms in which frameworks, proxies and languages send a few bytes
//! of JSON. A compressed body is unpacked, a byte order mark is ignored, UTF-16 is read as well as UTF-8.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The longest answer that is read, in bytes, packed or unpacked.
pub(crate) const MAX_ANSWER: usize = 64 << 10;

/// An answer's body as it came, with what its headers say about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AnswerBody {
    content_type: String,
    content_encoding: String,
    bytes: Bytes,
}

/// Why it cannot be read. The error contains nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerBodyError {
    #[error("it is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("its Content-Encoding is neither gzip nor deflate")]
    UnknownEncoding,
    #[error("it is not packed as its Content-Encoding says")]
    Packed,
    #[error("its text is neither UTF-8 nor UTF-16")]
    Text,
}

impl AnswerBody {
    /// Makes a body. `bytes` may be one byte longer than the limit, which shows that it is too long.
    pub(crate) fn new(headers: &HeaderMap, bytes: impl Into<Bytes>) -> Self {
        let all = |name| {
            let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(",").to_ascii_lowercase()
        };
        Self { content_type: all(CONTENT_TYPE), content_encoding: all(CONTENT_ENCODING), bytes: bytes.into() }
    }

    /// Whether its headers say that it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        let essence = self.content_type.split(';').next().unwrap_or_default().trim();
        essence == "application/json" || essence.ends_with("+json")
    }

    /// Its text, without white space around it.
    pub(crate) fn text(&self) -> Result<String, AnswerBodyError> {
        let mut bytes = bounded(self.bytes.to_vec())?;
        let encodings = self.content_encoding.split(',').map(str::trim);
        for encoding in encodings.rev().filter(|encoding| !matches!(*encoding, "" | "identity")) {
            // An empty body cannot be packed, but frameworks name a packing for an empty answer.
            if bytes.is_empty() {
                break;
            }
            bytes = unpacked(encoding, &bytes)?;
        }
        let text = decoded(&bytes, self.charset())?;
        Ok(text.trim().to_owned())
    }

    fn charset(&self) -> &str {
        let parameters = self.content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
        let charset = parameters.map(|(name, value)| (name.trim(), value)).find(|(name, _)| *name == "charset");
        charset.map_or("", |(_, value)| value.trim().trim_matches('"'))
    }
}

fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, AnswerBodyError> {
    if bytes.len() > MAX_ANSWER { Err(AnswerBodyError::TooLong) } else { Ok(bytes) }
}

fn unpacked(encoding: &str, packed: &[u8]) -> Result<Vec<u8>, AnswerBodyError> {
    match encoding {
        "gzip" | "x-gzip" => all_of(MultiGzDecoder::new(packed)),
        // The standard says zlib's form; some servers send raw deflate.
        "deflate" => match all_of(ZlibDecoder::new(packed)) {
            Err(AnswerBodyError::Packed) => all_of(DeflateDecoder::new(packed)),
            unpacked => unpacked,
        },
        _ => Err(AnswerBodyError::UnknownEncoding),
    }
}

fn all_of(unpacker: impl Read) -> Result<Vec<u8>, AnswerBodyError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_ANSWER + 1).unwrap_or(u64::MAX);
    unpacker.take(limit).read_to_end(&mut bytes).map_err(|_| AnswerBodyError::Packed)?;
    bounded(bytes)
}

/// A byte order mark says the encoding; without one, `charset` does; else the places of zero bytes in JSON do.
fn decoded(bytes: &[u8], charset: &str) -> Result<String, AnswerBodyError> {
    const UTF_8: [u8; 3] = [0xef, 0xbb, 0xbf];
    let little = |bytes: &[u8]| utf_16(bytes, u16::from_le_bytes);
    let big = |bytes: &[u8]| utf_16(bytes, u16::from_be_bytes);
    match bytes {
        [0xff, 0xfe, rest @ ..] => little(rest),
        [0xfe, 0xff, rest @ ..] => big(rest),
        [0, first, ..] if *first != 0 => big(bytes),
        [first, 0, ..] if *first != 0 => little(bytes),
        _ => match charset {
            "utf-16le" => little(bytes),
            "utf-16" | "utf-16be" => big(bytes),
            _ => {
                let text = bytes.strip_prefix(&UTF_8).unwrap_or(bytes);
                String::from_utf8(text.to_vec()).map_err(|_| AnswerBodyError::Text)
            }
        },
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, AnswerBodyError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().copied().map(unit);
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| rest.is_empty()).ok_or(AnswerBodyError::Text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &str = r#"{"a":"实例 😀"}"#;

    fn body(headers: &[(&'static str, &str)], bytes: impl Into<Bytes>) -> AnswerBody {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        AnswerBody::new(&map, bytes)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn utf_16(mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let text = if mark { format!("\u{feff}{TEXT}") } else { TEXT.to_owned() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_way_to_write_the_text_is_read() {
        let marked = format!("\u{feff}{TEXT}").into_bytes();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT.as_bytes()).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT.as_bytes()).unwrap();
        for (name, read) in [
            ("plain", body(&[], TEXT)),
            ("with white space", body(&[], format!("\r\n {TEXT}\n"))),
            ("with a mark", body(&[], marked.clone())),
            ("gzip", body(&[("content-encoding", "gzip")], gzip(TEXT.as_bytes()))),
            ("gzip with a mark", body(&[("content-encoding", "X-GZIP")], gzip(&marked))),
            ("zlib", body(&[("content-encoding", "deflate")], zlib.finish().unwrap())),
            ("bare deflate", body(&[("content-encoding", "deflate")], bare.finish().unwrap())),
            ("twice", body(&[("content-encoding", "gzip, identity, gzip")], gzip(&gzip(TEXT.as_bytes())))),
            ("UTF-16, little", body(&[], utf_16(true, u16::to_le_bytes))),
            ("UTF-16, big", body(&[], utf_16(true, u16::to_be_bytes))),
            ("UTF-16 without a mark", body(&[], utf_16(false, u16::to_le_bytes))),
            (
                "UTF-16 by its charset",
                body(&[("content-type", "application/json; Charset=\"UTF-16BE\"")], utf_16(false, u16::to_be_bytes)),
            ),
        ] {
            assert_eq!(read.text().as_deref(), Ok(TEXT), "{name}");
        }
        assert_eq!(body(&[("content-encoding", "gzip")], "").text().as_deref(), Ok(""));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let bomb = gzip(&vec![b' '; 1 << 24]);
        assert!(bomb.len() < MAX_ANSWER);
        for (read, error) in [
            (body(&[("content-encoding", "gzip")], bomb.clone()), AnswerBodyError::TooLong),
            (body(&[("content-encoding", "gzip, gzip")], gzip(&bomb)), AnswerBodyError::TooLong),
            (body(&[], vec![b' '; MAX_ANSWER + 1]), AnswerBodyError::TooLong),
            (body(&[("content-encoding", "gzip")], TEXT), AnswerBodyError::Packed),
            (body(&[("content-encoding", "gzip")], gzip(TEXT.as_bytes())[..12].to_vec()), AnswerBodyError::Packed),
            (body(&[("content-encoding", "br")], TEXT), AnswerBodyError::UnknownEncoding),
            (body(&[], &b"\xff\xfe{\0}"[..]), AnswerBodyError::Text),
            (body(&[], &b"\xff\xfe\x3d\xd8"[..]), AnswerBodyError::Text),
            (body(&[], &b"{\"a\":\"\xb5\"}"[..]), AnswerBodyError::Text),
        ] {
            assert_eq!(read.text(), Err(error));
        }
    }

    #[test]
    fn json_is_told_by_its_type() {
        for json in ["application/json", "Application/JSON; charset=utf8", "application/problem+json"] {
            assert!(body(&[("content-type", json)], "").is_json(), "{json}");
        }
        for other in ["", "text/html", "application/jsonp"] {
            assert!(!body(&[("content-type", other)], "").is_json(), "{other}");
        }
    }
}
