#![no_main]
#![allow(dead_code)] // the other target is in the same file

#[path = "../src/statements.rs"]
mod statements;

libfuzzer_sys::fuzz_target!(|data: &[u8]| statements::statement_sheet(data));
