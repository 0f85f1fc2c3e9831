#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| koogallery_fuzz::kit_lists(data));
