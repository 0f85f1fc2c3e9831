//! The API's own description: valid, complete, and true.

use std::collections::{BTreeMap, HashSet};

use http::Method;
use koogallery_open_api::LicenseInfo;
use koogallery_tests::api::TOKEN;
use koogallery_tests::bodies::CODE;
use serde_json::{Value, json};

use super::{OPEN_PATHS, SK, bought, start, with_open_api};

fn document() -> Value {
    serde_json::to_value(seller_api::document()).unwrap()
}

pub(super) fn paths() -> BTreeMap<String, serde_json::Map<String, Value>> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    paths.map(|(path, item)| (path.clone(), item.as_object().unwrap().clone())).collect()
}

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(members) => members.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_is_served_and_hangs_together() {
    let (seller, api) = start().await;
    let mut served = api.send(&Method::GET, "/v1/openapi.json", "", None).await.expect(200);
    let servers = served.as_object_mut().unwrap().remove("servers").unwrap();
    assert_eq!(servers, json!([{ "url": seller.host.seller_api() }]));
    assert_eq!(served, document());
    assert_eq!(served["openapi"].as_str().unwrap().split('.').collect::<Vec<_>>()[..2], ["3", "1"]);
    let mut found = Vec::new();
    references(&served, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(served.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    let mut names = HashSet::new();
    for (path, item) in paths() {
        for (method, operation) in item {
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
            assert_eq!(operation["security"].is_null(), OPEN_PATHS.contains(&&*path), "{method} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|p| p["name"] == name && p["in"] == "path"), "{path}");
            }
        }
    }
}

#[test]
fn every_example_fits_its_schema() {
    let document = document();
    let mut examples = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let root = json!({ "$ref": format!("#/components/schemas/{name}"), "components": document["components"] });
        let validator = jsonschema::draft202012::new(&root).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            let problems: Vec<_> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}");
            examples += 1;
        }
    }
    assert!(examples >= 10, "{examples}");
}

/// The schema that a content has, looked up.
fn schema_of<'a>(document: &'a Value, content: &'a Value) -> &'a Value {
    let schema = &content["application/json"]["schema"];
    // An optional body is null or the schema.
    let either = schema["oneOf"].as_array().into_iter().flatten();
    let schema = either.into_iter().find(|one| one["$ref"].is_string()).unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

#[test]
fn every_operation_shows_examples() {
    let document = document();
    let mut without = Vec::new();
    for (path, item) in paths() {
        for (method, operation) in item {
            let body = &operation["requestBody"]["content"];
            let success =
                operation["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2'));
            let answer = &success.unwrap().1["content"];
            for (what, content) in [("body", body), ("answer", answer)] {
                let is_free = path == "/v1/openapi.json";
                if !content.is_null() && !is_free && schema_of(&document, content)["examples"].is_null() {
                    without.push(format!("{method} {path}: {what}"));
                }
            }
        }
    }
    assert_eq!(without, Vec::<String>::new());
}

/// The description is valid by the rules of `OpenAPI` 3.1.
#[tokio::test]
#[ignore = "needs openapi-spec-validator: tests/schemathesis/run.sh has it and runs this"]
async fn the_description_is_valid() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("seller-api.json");
    std::fs::write(&file, document().to_string()).unwrap();
    let command = std::env::var("OPENAPI_VALIDATOR").unwrap();
    let run = tokio::process::Command::new(command)
        .args(["--schema", "3.1", "--validation-errors", "all"])
        .arg(file)
        .status();
    assert!(run.await.unwrap().success());
}

/// Schemathesis makes requests of the description, good and bad, and holds the answers to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Schemathesis: tests/schemathesis/run.sh has it and runs this"]
async fn schemathesis_finds_nothing() {
    let command = std::env::var("SCHEMATHESIS").unwrap();
    let (seller, _, stand_in) = with_open_api(SK).await;
    // The ids that the description has as examples.
    seller.say_all(&[bought("03pf80c2b8")]).await;
    stand_in.put_license(CODE.parse().unwrap(), LicenseInfo::default());
    let address = seller.host.seller_api();
    let run = tokio::process::Command::new(command)
        .args(["--config-file", concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis/schemathesis.toml")])
        .args(["run", &format!("{address}/v1/openapi.json"), "--url", &address])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .args(["--max-examples", "20", "--seed", "1", "--no-color", "--checks", "all"])
        // Many wrong tokens from one address are refused before they are compared, with 429. `access` asks each route with one.
        .args(["--exclude-checks", "ignored_auth"])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .status();
    assert!(run.await.unwrap().success());
}
