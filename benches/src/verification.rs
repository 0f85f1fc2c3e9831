//! Verification beside what nobody can do without: two HMAC-SHA256, one over the body, one over the canonical request.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Args;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use koogallery::{AccessKeys, DEFAULT_TIME_WINDOW, InterfaceType, route, verify};
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use serde::Serialize;
use sha2::Sha256;

use crate::Problem;
use crate::report::{Row, cell, median};

/// Of a usual body, a long one, and one beyond any basic callback.
const SIZES: [usize; 3] = [200, 2 * 1024, 100 * 1024];
/// Two keys, as while one is being exchanged for another.
const KEYS: &str = r#"{"basic":["0123456789abcdef0123456789abcdef","the-key-before-this"]}"#;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long to measure each line.
    #[arg(long, default_value_t = 3, value_name = "NUMBER")]
    seconds: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    body: String,
    verify_microseconds: f64,
    raw_microseconds: f64,
    ratio: f64,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["body", "verify µs", "two raw HMACs µs", "ratio"];

    fn cells(&self) -> Vec<String> {
        let numbers = [self.verify_microseconds, self.raw_microseconds, self.ratio].map(|value| cell(Some(value), 2));
        [self.body.clone()].into_iter().chain(numbers).collect()
    }
}

pub(crate) fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let keys = AccessKeys::from_json(KEYS)?;
    let [current, before] = keys.of(InterfaceType::Basic) else { return Err("there are two keys".into()) };
    let mut rows = Vec::new();
    for (key, signed_with) in [(current, ""), (before, ", signed with the previous key")] {
        for size in SIZES {
            let body = body(size);
            let (nonce, at) = (new_nonce(), now());
            let call = SignedCall::basic(key, body.as_str(), at, &nonce);
            let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = Request::post(format!("/?{}", query.join("&"))).body(call.body)?;
            let route = route(&request)?;
            let timestamp = at.to_string();

            let verified = || verify(&request, route, &keys, at, DEFAULT_TIME_WINDOW).is_ok();
            let raw = || two_hmacs(key.reveal(), &nonce, &timestamp, body.as_bytes());
            if !verified() {
                return Err("a good call is refused".into());
            }
            let (verify_microseconds, raw_microseconds, ratio) =
                compare(verified, raw, Duration::from_secs(options.seconds)).ok_or("no time to measure in")?;
            let body = format!("{size} bytes{signed_with}");
            rows.push(Measured { body, verify_microseconds, raw_microseconds, ratio });
        }
    }
    Ok(rows)
}

/// A newInstance of this size.
fn body(size: usize) -> String {
    let start = r#"{"activity":"newInstance","businessId":"b-1","memo":""#;
    let end = r#"","orderId":"CS2211181819H2LV6","orderLineId":"CS2211181819H2LV6-000001"}"#;
    format!("{start}{}{end}", "x".repeat(size - start.len() - end.len()))
}

fn two_hmacs(key: &str, nonce: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    let mac = |parts: &[&[u8]]| -> [u8; 32] {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return [0; 32] };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    };
    let digest = hex::encode(mac(&[body]));
    mac(&[key.as_bytes(), nonce.as_bytes(), timestamp.as_bytes(), digest.as_bytes()])
}

/// Both in turns of about a millisecond, so that a busy machine slows both: the medians of the turns, and of their
/// ratios.
fn compare<A, B>(mut ours: impl FnMut() -> A, mut raw: impl FnMut() -> B, time: Duration) -> Option<(f64, f64, f64)> {
    let start = Instant::now();
    let mut calls = 0_u32;
    while start.elapsed() < Duration::from_millis(1) {
        black_box(ours());
        calls += 1;
    }
    let (mut our_times, mut raw_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let start = Instant::now();
    while start.elapsed() < time {
        let (our_time, raw_time) = (turn(&mut ours, calls), turn(&mut raw, calls));
        our_times.push(our_time);
        raw_times.push(raw_time);
        ratios.push(our_time / raw_time);
    }
    Some((median(&our_times)?, median(&raw_times)?, median(&ratios)?))
}

/// Microseconds for each call.
fn turn<T>(what: &mut impl FnMut() -> T, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(what());
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}
