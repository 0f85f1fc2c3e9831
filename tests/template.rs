//! Holds `template.yaml` to the code: its functions, its table, what its roles may do, and the variables it sets.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

const FRONT_DOOR: &str = "front-door";
/// Woken by events, not by calls.
const DELIVER_EVENTS: &str = "deliver-events";
/// Called by the seller's application.
const SELLER_API: &str = "seller-api";
/// Woken by a schedule. It reads neither secrets nor what is sealed.
const ERASE_PERSONAL_DATA: &str = "erase-personal-data";
/// What KooGallery does not call.
const NO_CALLBACKS: [&str; 4] = [FRONT_DOOR, DELIVER_EVENTS, SELLER_API, ERASE_PERSONAL_DATA];

/// What each function may do to the table. All of these but one also read the secret, and all write their own log.
const TABLE_ACTIONS: [(&str, &[&str]); 20] = [
    ("all-org-sync", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("application-sync", &["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("auth-sync", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"]),
    ("change-instance-check", &["dynamodb:BatchGetItem", "dynamodb:PutItem"]),
    (
        DELIVER_EVENTS,
        &[
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
    ),
    (
        ERASE_PERSONAL_DATA,
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
    ),
    ("get-license-async", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("new-instance", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("order-notify", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("query-instance", &["dynamodb:BatchGetItem", "dynamodb:PutItem"]),
    ("refresh-instance", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("refresh-license-code", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    ("release-instance", &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
    (
        SELLER_API,
        &[
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
    ),
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
const SEALING: [&str; 7] =
    ["all-org-sync", "application-sync", "auth-sync", DELIVER_EVENTS, "new-instance", SELLER_API, "single-org-sync"];

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
        .filter(|(binary, _)| !NO_CALLBACKS.contains(&binary.as_str()))
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
    let indexes = properties["GlobalSecondaryIndexes"].as_sequence().unwrap();
    assert_eq!(indexes.len(), definition.global_secondary_indexes().len());
    for (deployed, index) in indexes.iter().zip(definition.global_secondary_indexes()) {
        assert_eq!(deployed["IndexName"], index.index_name());
        let keys: Vec<(String, String)> = index
            .key_schema()
            .iter()
            .map(|key| (key.attribute_name().to_owned(), key.key_type().as_str().to_owned()))
            .collect();
        assert_eq!(pairs(&deployed["KeySchema"], "AttributeName", "KeyType"), keys);
        let projection = index.projection().unwrap();
        assert_eq!(deployed["Projection"]["ProjectionType"], projection.projection_type().unwrap().as_str());
        let projected = deployed["Projection"]["NonKeyAttributes"].as_sequence().into_iter().flatten();
        assert_eq!(projected.map(plain).collect::<Vec<_>>(), projection.non_key_attributes());
    }
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
        let mut expected = vec![log(name), (set(actions.iter().copied()), set(["GetAtt Table.Arn"]))];
        if binary == ERASE_PERSONAL_DATA {
            assert!(!variables(function).contains_key("KOOGALLERY_SECRET_ARN"));
            expected.push((set(["dynamodb:Query"]), set(["Sub ${Table.Arn}/index/open"])));
        } else {
            expected.push((set(["secretsmanager:GetSecretValue"]), set(["Ref Secret"])));
            assert_eq!(variables(function)["KOOGALLERY_SECRET_ARN"], "Ref Secret");
        }
        if SEALING.contains(&binary) {
            let actions = set(["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"]);
            expected.push((actions, set(["GetAtt DataKey.Arn"])));
            assert_eq!(variables(function)["KOOGALLERY_KMS_KEY_ARN"], "GetAtt DataKey.Arn");
        }
        if binary == DELIVER_EVENTS {
            let queue =
                ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"];
            let queue = queue.map(|action| format!("sqs:{action}"));
            expected.push((set(["dynamodb:Query"]), set(["Sub ${Table.Arn}/index/open"])));
            expected.push((set(queue.iter().map(String::as_str)), set(["GetAtt EventQueue.Arn"])));
        }
        if binary == SELLER_API {
            expected.push((set(["dynamodb:Query"]), set(["Sub ${Table.Arn}/index/listed"])));
        }
        assert_eq!(statements(&template, function), expected, "{binary}");
        assert_eq!(variables(function)["KOOGALLERY_TABLE"], "Ref Table");
    }

    let (name, function) = &functions[FRONT_DOOR];
    let others = functions.iter().filter(|(other, _)| !NO_CALLBACKS.contains(&other.as_str()));
    let others = others.map(|(_, function)| function);
    let others: Vec<String> = others.map(|(other, _)| format!("GetAtt {other}.Arn")).collect();
    let expected = vec![log(name), (set(["lambda:InvokeFunction"]), set(others.iter().map(String::as_str)))];
    assert_eq!(statements(&template, function), expected);
    assert_eq!(functions.len(), TABLE_ACTIONS.len() + 1);
}

/// Every name that a value refers to: what `cfn-lint` lets pass in a template with a transform.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Sequence(values) => values.iter().for_each(|value| references(value, found)),
        Value::Mapping(members) => members.values().for_each(|value| references(value, found)),
        Value::Tagged(tagged) => {
            let text = plain(&tagged.value);
            match tagged.tag.to_string().as_str() {
                "!Ref" | "!Condition" => drop(found.insert(text)),
                "!GetAtt" => drop(found.insert(text.split('.').next().unwrap().to_owned())),
                "!Sub" => {
                    found
                        .extend(text.split("${").skip(1).map(|rest| rest.split(['}', '.']).next().unwrap().to_owned()));
                }
                "!If" => drop(found.insert(plain(&tagged.value[0]))),
                _ => {}
            }
            references(&tagged.value, found);
        }
        _ => {}
    }
}

#[test]
fn every_name_that_is_referred_to_exists() {
    let template = template();
    let mut referred = BTreeSet::new();
    references(&template, &mut referred);
    referred.retain(|name| !name.starts_with("AWS::"));
    assert!(referred.len() > 50);
    let sections = ["Parameters", "Resources", "Conditions"].map(|section| template[section].as_mapping().unwrap());
    for name in referred {
        assert!(sections.iter().any(|section| section.contains_key(name.as_str())), "nothing is called {name}");
    }
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
    // The pipe's is the only other one.
    assert_eq!(of_type(&resources(&template), "AWS::IAM::Role").len(), roles.len() + 1);
}

#[test]
fn the_pipe_wakes_a_subject_for_each_event_to_deliver_and_may_do_nothing_else() {
    let resources = resources(&template());
    let pipe = &resources["EventPipe"]["Properties"];
    let target = &pipe["TargetParameters"];
    let group = format!("$.dynamodb.NewImage.{}.S", koogallery_store::GROUP);
    assert_eq!(target["SqsQueueParameters"]["MessageGroupId"], group.as_str());
    assert_eq!(target["InputTemplate"], r#"{"subject": <$.dynamodb.Keys.pk.S>}"#);
    let filters = pipe["SourceParameters"]["FilterCriteria"]["Filters"].as_sequence().unwrap();
    let filters: Vec<serde_json::Value> =
        filters.iter().map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect();
    for (filter, name) in filters.iter().zip(["INSERT", "MODIFY"]) {
        assert_eq!(filter["eventName"][0], name);
        assert_eq!(filter["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"], "EVENT#");
        assert_eq!(filter["dynamodb"]["NewImage"]["open"]["S"][0]["prefix"], "UNDELIVERED#");
    }

    let policies = resources["EventPipeRole"]["Properties"]["Policies"].as_sequence().unwrap();
    let statements = policies[0]["PolicyDocument"]["Statement"].as_sequence().unwrap();
    let granted: Vec<_> =
        statements.iter().map(|statement| (list(&statement["Action"]), plain(&statement["Resource"]))).collect();
    let stream = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    let stream = stream.map(|action| format!("dynamodb:{action}")).to_vec();
    let expected = [
        (stream, "GetAtt Table.StreamArn".to_owned()),
        (vec!["sqs:SendMessage".to_owned()], "GetAtt EventQueue.Arn".to_owned()),
    ];
    assert_eq!(granted, expected);
}

#[test]
fn the_queue_is_patient_enough_for_its_function() {
    let resources = resources(&template());
    let (queue, function) = (&resources["EventQueue"]["Properties"], &resources["DeliverEventsFunction"]["Properties"]);
    for queue in [queue, &resources["EventDeadLetters"]["Properties"]] {
        assert_eq!((&queue["FifoQueue"], &queue["SqsManagedSseEnabled"]), (&true.into(), &true.into()));
        assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 3600);
    }
    // As AWS recommends: a batch is not handed over again while a function may be working on it.
    assert!(queue["VisibilityTimeout"].as_u64() >= function["Timeout"].as_u64().map(|timeout| 6 * timeout));
    let source = &resources["DeliverEventsSource"]["Properties"];
    assert_eq!(list(&source["FunctionResponseTypes"]), ["ReportBatchItemFailures"]);
}

#[test]
fn personal_data_is_erased_every_day_after_as_many_as_the_code_takes() {
    let template = template();
    let schedule = &resources(&template)["ErasePersonalDataSchedule"]["Properties"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 day)");
    assert_eq!(plain(&schedule["Targets"][0]["Arn"]), "GetAtt ErasePersonalDataFunction.Arn");
    let days = &template["Parameters"]["PersonalDataDays"];
    let retention = |days: &str| {
        let environment = koogallery_runtime::Environment::default();
        erase_personal_data::Retention::of(&environment.with("KOOGALLERY_PERSONAL_DATA_DAYS", days)).ok()
    };
    assert_eq!(retention(&plain(&days["Default"])), retention(""));
    let [least, most] = ["MinValue", "MaxValue"].map(|bound| days[bound].as_i64().unwrap());
    let taken = |days: i64| retention(&days.to_string()).is_some();
    assert_eq!([least - 1, least, most, most + 1].map(taken), [false, true, true, false]);
    let (_, function) = &functions(&template)[ERASE_PERSONAL_DATA];
    assert_eq!(variables(function)["KOOGALLERY_PERSONAL_DATA_DAYS"], "Ref PersonalDataDays");
}

#[test]
fn every_variable_that_is_set_is_read() {
    let mut sources = String::new();
    let mut folders =
        ["shared/orders/src", "shared/runtime/src", "functions"].map(|folder| root().join(folder)).to_vec();
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
    let call: serde_json::Value = serde_json::from_slice(&log.line(&record).unwrap()).unwrap();
    let environment = koogallery_runtime::Environment::default();
    let sweep = deliver_events::CloudWatchJournal::of(&environment).swept_line(&deliver_events::Swept {
        at: koogallery::Timestamp::from_millis(0),
        driven: 0,
        undelivered: 0,
        undelivered_age: std::time::Duration::ZERO,
        parked: 0,
        provisioning_age: std::time::Duration::ZERO,
    });
    let api = koogallery_runtime::ApiRecord {
        at: koogallery::Timestamp::from_millis(0),
        method: String::new(),
        route: String::new(),
        status: 200,
        subjects: Vec::new(),
        shown: None,
        reason: None,
        duration: std::time::Duration::ZERO,
    };
    let run = erase_personal_data::Run {
        at: koogallery::Timestamp::from_millis(0),
        erased: 0,
        failed: 0,
        due: 0,
        overdue: std::time::Duration::ZERO,
    };
    let run = erase_personal_data::CloudWatchJournal::of(&environment).ran_line(&run);
    let lines = [call, sweep, api.line(""), run];
    let mut own = 0;
    for (name, alarm) in of_type(&resources(&template()), "AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["TreatMissingData"], "notBreaching", "{name}");
        if plain(&alarm["Properties"]["Namespace"]).starts_with("Sub KooGallery/") {
            own += 1;
            let metric = plain(&alarm["Properties"]["MetricName"]);
            assert!(lines.iter().any(|line| line[&metric].is_number()), "{name}");
        }
    }
    assert_eq!(own, 9);
}
