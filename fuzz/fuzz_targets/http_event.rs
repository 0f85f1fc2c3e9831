#![no_main]

#[path = "../src/event.rs"]
mod event;

libfuzzer_sys::fuzz_target!(|data: &[u8]| event::http_event(data));
