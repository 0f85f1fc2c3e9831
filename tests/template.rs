//! Holds `template.yaml` to the code: its functions, its table, what its roles may do, and the variables it sets.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

const FRONT_DOOR: &str = "front-door";

/// What each function may do to the table. All of these also read the secret, and write their own log.
const TABLE_ACTIONS: [(&str, &[&str]); 17] = [
    ("all-org-sync", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("application-sync", &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("auth-sync", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("change-instance-check", &["dynamodb:BatchGetItem", "dynamodb:PutItem"]),
    ("get-license-async", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("new-instance", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("order-notify", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("query-instance", &["dynamodb:BatchGetItem", "dynamodb:PutItem"]),
    ("refresh-instance", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("refresh-license-code", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("release-instance", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    (
        "single-org-sync",
        &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"],
    ),
    ("tenant-sync", &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("release-license-code", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("update-instance-status", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("update-license-code-status", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("upgrade-instance", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
];

/// The functions that seal client secrets or personal data, and so may use the key that protects them.
const SEALING: [&str; 5] = ["all-org-sync", "application-sync", "auth-sync", "new-instance", "single-org-sync"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn template() -> Value {
    serde_yaml_ng::from_str(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap()
}

/// A value without `CloudFormation`'s tags: `!Ref Table` reads `Ref Table`, `!GetAtt Table.Arn` `GetAtt Table.Arn`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Tagged(tagged) => {
            format!("{} {}", tagged.tag.to_string().trim_start_matches('!'), plain(&tagged.value))
        }
        other => serde_yaml_ng::to_string(other).unwrap().trim().to_owned(),
    }
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(values) => values.iter().map(plain).collect(),
        other => vec![plain(other)],
    }
}

fn resources(template: &Value) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_mapping().unwrap();
    resources.iter().map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource.clone())).collect()
}

fn of_type(resources: &BTreeMap<String, Value>, kind: &str) -> BTreeMap<String, Value> {
    let wanted = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    wanted.map(|(name, resource)| (name.clone(), resource.clone())).collect()
}

/// The functions by their binary's name: the resource's name and the resource.
fn functions(template: &Value) -> BTreeMap<String, (String, Value)> {
    of_type(&resources(template), "AWS::Serverless::Function")
        .into_iter()
        .map(|(name, function)| {
            let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
            (binary, (name, function))
        })
        .collect()
}

fn variables(function: &Value) -> BTreeMap<String, String> {
    let variables = function["Properties"]["Environment"]["Variables"].as_mapping().unwrap();
    variables.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), plain(value))).collect()
}

/// The statements of a function's own role.
fn statements(template: &Value, function: &Value) -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let role = plain(&function["Properties"]["Role"]);
    let role = role.strip_prefix("GetAtt ").and_then(|role| role.strip_suffix(".Arn")).unwrap();
    let role = &resources(template)[role]["Properties"];
    assert!(role["ManagedPolicyArns"].is_null(), "a managed policy grants more than is needed");
    let policies = role["Policies"].as_sequence().unwrap();
    policies
        .iter()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_sequence().unwrap())
        .map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let set = |name: &str| list(&statement[name]).into_iter().collect();
            (set("Action"), set("Resource"))
        })
        .collect()
}

fn set<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_function_of_the_tree_is_deployed_and_no_other() {
    let template = template();
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(functions(&template).into_keys().collect::<BTreeSet<_>>(), folders);
    for (binary, (_, function)) in functions(&template) {
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{binary}").as_str());
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda");
    }
}

#[test]
fn the_front_door_knows_every_other_function() {
    let template = template();
    let functions = functions(&template);
    let known = variables(&functions[FRONT_DOOR].1)["KOOGALLERY_FUNCTIONS"].clone();
    let known: BTreeMap<String, String> = serde_json::from_str(known.strip_prefix("Sub ").unwrap()).unwrap();
    let deployed: BTreeMap<String, String> = functions
        .iter()
        .filter(|(binary, _)| *binary != FRONT_DOOR)
        .map(|(binary, (name, _))| (binary.clone(), format!("${{{name}.Arn}}")))
        .collect();
    assert_eq!(known, deployed);
}

#[test]
fn the_table_is_the_stores_own() {
    let definition = koogallery_store::table::definition("t");
    let table = &resources(&template())["Table"];
    let properties = &table["Properties"];

    let keys: Vec<(String, String)> = definition
        .key_schema()
        .iter()
        .map(|key| (key.attribute_name().to_owned(), key.key_type().as_str().to_owned()))
        .collect();
    let pairs = |list: &Value, name: &str, kind: &str| -> Vec<(String, String)> {
        list.as_sequence().unwrap().iter().map(|pair| (plain(&pair[name]), plain(&pair[kind]))).collect()
    };
    assert_eq!(pairs(&properties["KeySchema"], "AttributeName", "KeyType"), keys);
    let attributes: Vec<(String, String)> = definition
        .attribute_definitions()
        .iter()
        .map(|attribute| (attribute.attribute_name().to_owned(), attribute.attribute_type().as_str().to_owned()))
        .collect();
    assert_eq!(pairs(&properties["AttributeDefinitions"], "AttributeName", "AttributeType"), attributes);
    assert_eq!(properties["BillingMode"], definition.billing_mode().unwrap().as_str());
    let stream = definition.stream_specification().unwrap().stream_view_type().unwrap();
    assert_eq!(properties["StreamSpecification"]["StreamViewType"], stream.as_str());
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], koogallery_store::table::TTL_ATTRIBUTE);
    for (name, value) in
        [("TimeToLiveSpecification", "Enabled"), ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")]
    {
        assert_eq!(properties[name][value], true, "{name}");
    }
    assert_eq!(properties["SSESpecification"]["SSEType"], "KMS");
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(resources(&template())["DataKey"]["Properties"]["EnableKeyRotation"], true);
    for resource in ["DataKey", "Table", "Secret"] {
        let resource = &resources(&template())[resource];
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&"Retain".into(), &"Retain".into())
        );
    }
}

#[test]
fn a_role_grants_what_its_function_calls_and_nothing_else() {
    let template = template();
    let functions = functions(&template);
    let log = |name: &str| {
        let group = name.strip_suffix("Function").unwrap();
        let group = format!("GetAtt {group}LogGroup.Arn");
        (set(["logs:CreateLogStream", "logs:PutLogEvents"]), set([group.as_str()]))
    };
    for (binary, actions) in TABLE_ACTIONS {
        let (name, function) = &functions[binary];
        let mut expected = vec![
            log(name),
            (set(actions.iter().copied()), set(["GetAtt Table.Arn"])),
            (set(["secretsmanager:GetSecretValue"]), set(["Ref Secret"])),
        ];
        if SEALING.contains(&binary) {
            let actions = set(["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"]);
            expected.push((actions, set(["GetAtt DataKey.Arn"])));
            assert_eq!(variables(function)["KOOGALLERY_KMS_KEY_ARN"], "GetAtt DataKey.Arn");
        }
        assert_eq!(statements(&template, function), expected, "{binary}");
        assert_eq!(variables(function)["KOOGALLERY_TABLE"], "Ref Table");
        assert_eq!(variables(function)["KOOGALLERY_SECRET_ARN"], "Ref Secret");
    }

    let (name, function) = &functions[FRONT_DOOR];
    let others = functions.values().filter(|(other, _)| other != name);
    let others: Vec<String> = others.map(|(other, _)| format!("GetAtt {other}.Arn")).collect();
    let expected = vec![log(name), (set(["lambda:InvokeFunction"]), set(others.iter().map(String::as_str)))];
    assert_eq!(statements(&template, function), expected);
    assert_eq!(functions.len(), TABLE_ACTIONS.len() + 1);
}

#[test]
fn roles_are_not_shared_and_hold_no_wildcard() {
    let template = template();
    let mut roles = BTreeSet::new();
    for (binary, (_, function)) in functions(&template) {
        assert!(roles.insert(plain(&function["Properties"]["Role"])), "{binary} shares its role");
        assert!(function["Properties"]["Policies"].is_null(), "{binary}: SAM would add a managed policy");
        for (actions, targets) in statements(&template, &function) {
            for text in actions.iter().chain(&targets) {
                assert!(!text.contains('*'), "{binary} may {text}");
            }
        }
    }
    assert_eq!(of_type(&resources(&template), "AWS::IAM::Role").len(), roles.len());
}

#[test]
fn every_variable_that_is_set_is_read() {
    let mut sources = String::new();
    let mut folders = vec![root().join("shared/runtime/src"), root().join("functions")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    for (binary, (_, function)) in functions(&template()) {
        for name in variables(&function).keys() {
            assert!(sources.contains(&format!("\"{name}\"")), "{binary}: nothing reads {name}");
        }
    }
}

#[test]
fn every_metric_of_an_alarm_is_written() {
    let record = koogallery_runtime::CallRecord::new(
        "new-instance",
        koogallery::Timestamp::from_millis(0),
        koogallery::ResultCode::Success,
    );
    let log = koogallery_runtime::CloudWatch::of(&koogallery_runtime::Environment::default());
    let line: serde_json::Value = serde_json::from_slice(&log.line(&record).unwrap()).unwrap();
    let mut own = 0;
    for (name, alarm) in of_type(&resources(&template()), "AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["TreatMissingData"], "notBreaching", "{name}");
        if plain(&alarm["Properties"]["Namespace"]).starts_with("Sub KooGallery/") {
            own += 1;
            assert!(line[plain(&alarm["Properties"]["MetricName"])].is_number(), "{name}");
        }
    }
    assert_eq!(own, 3);
}
