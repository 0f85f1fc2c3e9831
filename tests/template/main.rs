//! Holds `template.yaml` to the code: its functions, its table, what its roles may do, the variables it sets, and what its alarms
//! watch.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alarms;
mod china;
mod delivery;
mod functions;
mod secrets;
mod state;
mod upgrade;

use std::collections::BTreeMap;

use koogallery::Callback;
use koogallery_tests::template::{Template, list, plain};
use serde_json::Value;

const FRONT_DOOR: &str = "front-door";

/// Woken by a schedule. It reads neither secrets nor what is sealed.
const ERASE_PERSONAL_DATA: &str = "erase-personal-data";

/// Woken by the table's stream, by what waited, and by a schedule.
const LEARN_ORDER: &str = "learn-order";

fn variables(function: &Value) -> BTreeMap<String, String> {
    let variables = function["Properties"]["Environment"]["Variables"].as_object().unwrap();
    variables.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).into_iter().map(plain).collect()
}

/// The logical ids of the functions that answer callbacks, by their binaries.
fn callbacks(template: &Template) -> BTreeMap<&str, &str> {
    let functions = template.functions();
    Callback::ALL
        .iter()
        .map(|callback| {
            let function = functions.get(callback.function());
            let (id, _) = function.unwrap_or_else(|| panic!("the loop Callbacks lacks {}", callback.function()));
            (callback.function(), *id)
        })
        .collect()
}
