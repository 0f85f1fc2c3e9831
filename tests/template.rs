//! Holds `template.yaml` to the code: its functions, its table, what its roles may do, and the variables it sets.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use koogallery::Callback;
use koogallery_store::{Kind, schema};
use koogallery_tests::template::{Template, list, loops, plain, root, text};
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

#[test]
fn every_function_of_the_tree_is_deployed_and_no_other() {
    let template = Template::read();
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(template.functions().into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), folders);
    for (binary, (_, function)) in template.functions() {
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{binary}").as_str());
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda");
    }
}

/// A logical id begins with the callback's name; the log, the role and the binary come from `Functions`.
#[test]
fn the_loops_and_the_mapping_name_every_callback() {
    let registered: BTreeSet<String> = Callback::ALL.iter().map(|callback| format!("{callback:?}")).collect();
    let loops = loops();
    for name in ["Functions", "Callbacks", "CallbackUrls", "LambdaAlarmsOfFunctions"] {
        let lacks: Vec<_> = registered.difference(&loops[name]).collect();
        assert!(lacks.is_empty(), "the loop {name} of template.yaml lacks {lacks:?}");
    }
    for name in ["Callbacks", "CallbackUrls"] {
        let strange: Vec<_> = loops[name].difference(&registered).collect();
        assert!(strange.is_empty(), "the loop {name} of template.yaml has {strange:?}, which no callback is called");
    }
    let template = Template::read();
    for callback in Callback::ALL {
        let mapped = &template.section("Mappings")["Functions"][format!("{callback:?}")]["Binary"];
        assert_eq!(mapped, callback.function(), "the mapping Functions of template.yaml, {callback:?}");
    }
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

#[test]
fn the_front_door_knows_every_callback() {
    let template = Template::read();
    let known = variables(template.functions()[FRONT_DOOR].1)["KOOGALLERY_FUNCTIONS"].clone();
    let known: BTreeMap<String, String> = serde_json::from_str(known.strip_prefix("Sub ").unwrap()).unwrap();
    let deployed = callbacks(&template).into_iter().map(|(binary, id)| (binary.to_owned(), format!("${{{id}.Arn}}")));
    assert_eq!(known, deployed.collect());
}

#[test]
fn whoever_reads_it_reads_no_more_than_a_thousand_lines() {
    assert!(text().lines().count() <= 1000);
}

/// What an upgrade must not replace: its data, its keys, or its address would be others.
#[test]
fn what_holds_state_keeps_its_logical_id() {
    let template = Template::read();
    for (id, kind) in [
        ("Table", "AWS::DynamoDB::Table"),
        ("DataKey", "AWS::KMS::Key"),
        ("Secret", "AWS::SecretsManager::Secret"),
        ("FrontDoorUrl", "AWS::Lambda::Url"),
        ("SellerApiUrl", "AWS::Lambda::Url"),
        ("HttpApi", "AWS::ApiGatewayV2::Api"),
        ("HttpApiDomain", "AWS::ApiGatewayV2::DomainName"),
        ("EventQueue", "AWS::SQS::Queue"),
        ("NewInstanceUrl", "AWS::Lambda::Url"),
        ("GetLicenseAsyncUrl", "AWS::Lambda::Url"),
    ] {
        assert_eq!(template.resource(id)["Type"], kind, "{id}");
    }
}

#[test]
fn each_callback_has_a_url_of_its_own_where_the_entrance_is_function_urls() {
    let template = Template::read();
    let mut urls = template.of_type("AWS::Lambda::Url");
    let mut permissions = template.of_type("AWS::Lambda::Permission");
    permissions.retain(|id, _| id.contains("Url"));
    let own = callbacks(&template).into_values().map(|id| (id, "HasFunctionUrls"));
    for (function, condition) in
        own.chain([("FrontDoorFunction", "HasFunctionUrl"), ("SellerApiFunction", "HasSellerApi")])
    {
        let name = function.strip_suffix("Function").unwrap();
        let url = urls.remove(format!("{name}Url").as_str()).unwrap_or_else(|| panic!("{function} has no URL"));
        assert_eq!(url["Condition"], condition, "{name}");
        assert_eq!(plain(&url["Properties"]["TargetFunctionArn"]), format!("Ref {function}"));
        // The signature or the token is what opens: AWS asks nobody who they are.
        assert_eq!(url["Properties"]["AuthType"], "NONE");
        for (kind, action, condition_of_aws) in [
            ("UrlPermission", "lambda:InvokeFunctionUrl", ("FunctionUrlAuthType", Value::from("NONE"))),
            ("UrlInvokePermission", "lambda:InvokeFunction", ("InvokedViaFunctionUrl", Value::from(true))),
        ] {
            let permission = permissions.remove(format!("{name}{kind}").as_str()).unwrap();
            let properties = &permission["Properties"];
            assert_eq!(permission["Condition"], condition, "{name}{kind}");
            assert_eq!(plain(&properties["FunctionName"]), format!("Ref {function}"));
            assert_eq!((&properties["Principal"], &properties["Action"]), (&"*".into(), &action.into()));
            assert_eq!(properties[condition_of_aws.0], condition_of_aws.1, "anybody could invoke {function}");
        }
    }
    assert!(urls.is_empty() && permissions.is_empty(), "{urls:?} {permissions:?}");
    let conditions = template.section("Conditions");
    let told = "Equals [{\"Ref\":\"Entrance\"},\"FunctionUrls\"]";
    assert_eq!(plain(&conditions["HasFunctionUrls"]), told);
    assert!(list(&template.section("Parameters")["Entrance"]["AllowedValues"]).contains(&&"FunctionUrls".into()));
}

#[test]
fn the_table_is_the_stores_own() {
    let definition = koogallery_store::schema::definition("t");
    let template = Template::read();
    let table = template.resource("Table");
    let properties = &table["Properties"];

    let keys: Vec<(String, String)> = definition
        .key_schema()
        .iter()
        .map(|key| (key.attribute_name().to_owned(), key.key_type().as_str().to_owned()))
        .collect();
    let pairs = |list: &Value, name: &str, kind: &str| -> Vec<(String, String)> {
        list.as_array().unwrap().iter().map(|pair| (plain(&pair[name]), plain(&pair[kind]))).collect()
    };
    assert_eq!(pairs(&properties["KeySchema"], "AttributeName", "KeyType"), keys);
    let attributes: Vec<(String, String)> = definition
        .attribute_definitions()
        .iter()
        .map(|attribute| (attribute.attribute_name().to_owned(), attribute.attribute_type().as_str().to_owned()))
        .collect();
    assert_eq!(pairs(&properties["AttributeDefinitions"], "AttributeName", "AttributeType"), attributes);
    let indexes = properties["GlobalSecondaryIndexes"].as_array().unwrap();
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
        let projected = deployed["Projection"]["NonKeyAttributes"].as_array().into_iter().flatten();
        assert_eq!(projected.map(plain).collect::<Vec<_>>(), projection.non_key_attributes());
    }
    assert_eq!(properties["BillingMode"], definition.billing_mode().unwrap().as_str());
    let stream = definition.stream_specification().unwrap().stream_view_type().unwrap();
    assert_eq!(properties["StreamSpecification"]["StreamViewType"], stream.as_str());
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], koogallery_store::schema::TTL_ATTRIBUTE);
    for (name, value) in
        [("TimeToLiveSpecification", "Enabled"), ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")]
    {
        assert_eq!(properties[name][value], true, "{name}");
    }
    assert_eq!(properties["SSESpecification"]["SSEType"], "KMS");
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(template.resource("DataKey")["Properties"]["EnableKeyRotation"], true);
    for resource in ["DataKey", "Table", "Secret"] {
        let resource = template.resource(resource);
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&"Retain".into(), &"Retain".into())
        );
    }
}

#[test]
fn a_function_is_told_where_what_its_role_opens_is() {
    let template = Template::read();
    for (binary, (_, function)) in template.functions() {
        let variables = variables(function);
        let told = |name: &str| variables.get(name).map(String::as_str);
        for (action, target) in template.granted(binary) {
            let (variable, value) = match action.split_once(':').unwrap() {
                // The mapping of the stream knows it, not the function.
                ("dynamodb", _) if target == "GetAtt Table.StreamArn" => continue,
                ("dynamodb", _) => ("KOOGALLERY_TABLE", "Ref Table"),
                ("kms", _) => ("KOOGALLERY_KMS_KEY_ARN", "GetAtt DataKey.Arn"),
                ("secretsmanager", _) => ("KOOGALLERY_SECRET_ARN", "Ref Secret"),
                ("sqs", _) if target == "GetAtt EventQueue.Arn" => ("KOOGALLERY_EVENT_QUEUE_URL", "Ref EventQueue"),
                ("sqs", _) if binary == LEARN_ORDER => ("KOOGALLERY_DELAY_QUEUE_URL", "Ref LearnOrderDelays"),
                ("sqs", _) => ("KOOGALLERY_DELAY_QUEUE_URL", "Ref DeliverEventsDelays"),
                ("events", _) => ("KOOGALLERY_EVENT_BUS", "Ref EventBusName"),
                ("lambda", _) => continue,
                (other, _) => panic!("{binary} may {other} on {target}: what tells it where that is?"),
            };
            assert_eq!(told(variable), Some(value), "{binary}");
        }
    }
    let learning = template.functions()[LEARN_ORDER].1;
    assert!(learning["Condition"].is_null(), "deployed whether or not anybody hears of events");
    // The one that opens nothing that is sealed.
    assert!(!variables(template.functions()[ERASE_PERSONAL_DATA].1).contains_key("KOOGALLERY_SECRET_ARN"));
}

/// Every name that a value refers to: what `cfn-lint` lets pass in a template with a transform.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("Ref" | "Condition", Value::String(name)) => drop(found.insert(name.clone())),
                    ("Fn::GetAtt" | "Fn::If", Value::Array(path)) => drop(found.insert(plain(&path[0]))),
                    ("Fn::Sub", Value::String(text)) => {
                        let names = text.split("${").skip(1);
                        found.extend(names.map(|rest| rest.split(['}', '.']).next().unwrap().to_owned()));
                    }
                    _ => {}
                }
                references(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_name_that_is_referred_to_exists() {
    let template = Template::read();
    let mut referred = BTreeSet::new();
    references(template.whole(), &mut referred);
    referred.retain(|name| !name.starts_with("AWS::"));
    assert!(referred.len() > 50);
    let sections = ["Parameters", "Resources", "Conditions"].map(|section| template.section(section));
    for name in referred {
        assert!(sections.iter().any(|section| section.contains_key(name.as_str())), "nothing is called {name}");
    }
}

#[test]
fn roles_are_not_shared_and_hold_no_wildcard() {
    let template = Template::read();
    let mut roles = BTreeSet::new();
    for (binary, (_, function)) in template.functions() {
        assert!(roles.insert(plain(&function["Properties"]["Role"])), "{binary} shares its role");
        assert!(function["Properties"]["Policies"].is_null(), "{binary}: SAM would add a managed policy");
        for (action, target) in template.granted(binary) {
            assert!(!action.contains('*') && !target.contains('*'), "{binary} may {action} {target}");
        }
    }
    // The pipe's is the only other one.
    assert_eq!(template.of_type("AWS::IAM::Role").len(), roles.len() + 1);
}

/// What a filter of the table's stream lets pass: which change, of what, with which attributes.
fn wakes(filter: &Value) -> (&str, &str, Vec<&str>) {
    let image = filter["dynamodb"]["NewImage"].as_object();
    (
        filter["eventName"][0].as_str().unwrap(),
        filter["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"].as_str().unwrap(),
        image.into_iter().flatten().map(|(name, _)| name.as_str()).collect(),
    )
}

#[test]
fn the_stream_wakes_learning_for_each_event_that_names_an_order() {
    let template = Template::read();
    let stream = &template.resource("LearnOrderStream")["Properties"];
    let filters = stream["FilterCriteria"]["Filters"].as_array().unwrap();
    let filters: Vec<Value> =
        filters.iter().map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect();
    let expected = [
        ("INSERT", schema::EVENT, vec![schema::OPEN]),
        ("MODIFY", schema::EVENT, vec![schema::OPEN, schema::RESENT_AT]),
    ];
    assert_eq!(filters.iter().map(wakes).collect::<Vec<_>>(), expected);
    for filter in &filters {
        let open = filter["dynamodb"]["NewImage"][schema::OPEN]["S"][0]["prefix"].as_str().unwrap();
        assert!(Kind::Unlearnt.is_of(open) && !Kind::Parked.is_of(open), "{open}");
    }
    assert_eq!(plain(&template.resource("EventSweep")["Properties"]["ScheduleExpression"]), "rate(5 minutes)");
}

#[test]
fn the_pipe_wakes_a_subject_for_each_event_to_deliver_and_may_do_nothing_else() {
    let template = Template::read();
    let pipe = &template.resource("EventPipe")["Properties"];
    let target = &pipe["TargetParameters"];
    let group = format!("$.dynamodb.NewImage.{}.S", koogallery_store::GROUP);
    assert_eq!(target["SqsQueueParameters"]["MessageGroupId"], group.as_str());
    assert_eq!(target["InputTemplate"], r#"{"subject": <$.dynamodb.Keys.pk.S>}"#);
    let filters = pipe["SourceParameters"]["FilterCriteria"]["Filters"].as_array().unwrap();
    let filters: Vec<serde_json::Value> =
        filters.iter().map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect();
    let wakes: Vec<(&str, &str, Vec<&str>)> = filters.iter().map(wakes).collect();
    let expected = [
        ("INSERT", schema::OUTBOX, vec![]),
        ("MODIFY", schema::OUTBOX, vec![schema::RESENT_AT]),
        ("MODIFY", schema::EVENT, vec![schema::LEARNT_AT]),
    ];
    assert_eq!(wakes, expected);

    let policies = template.resource("EventPipeRole")["Properties"]["Policies"].as_array().unwrap();
    let statements = policies[0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let granted: Vec<_> =
        statements.iter().map(|statement| (texts(&statement["Action"]), plain(&statement["Resource"]))).collect();
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
    let template = Template::read();
    let properties = |id| &template.resource(id)["Properties"];
    let (queue, function) = (properties("EventQueue"), properties("DeliverEventsFunction"));
    for queue in [queue, properties("EventDeadLetters")] {
        assert_eq!((&queue["FifoQueue"], &queue["SqsManagedSseEnabled"]), (&true.into(), &true.into()));
        assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 3600);
    }
    // As AWS recommends: a batch is not handed over again while a function may be working on it.
    assert!(queue["VisibilityTimeout"].as_u64() >= function["Timeout"].as_u64().map(|timeout| 6 * timeout));
    let source = properties("DeliverEventsSource");
    assert_eq!(texts(&source["FunctionResponseTypes"]), ["ReportBatchItemFailures"]);
}

#[test]
fn personal_data_is_erased_every_day_after_as_many_as_the_code_takes() {
    let template = Template::read();
    let schedule = &template.resource("ErasePersonalDataSchedule")["Properties"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 day)");
    assert_eq!(plain(&schedule["Targets"][0]["Arn"]), "GetAtt ErasePersonalDataFunction.Arn");
    let days = &template.section("Parameters")["PersonalDataDays"];
    let retention = |days: &str| {
        let environment = koogallery_runtime::Environment::default();
        erase_personal_data::Retention::of(&environment.with("KOOGALLERY_PERSONAL_DATA_DAYS", days)).ok()
    };
    assert_eq!(retention(&plain(&days["Default"])), retention(""));
    let [least, most] = ["MinValue", "MaxValue"].map(|bound| days[bound].as_i64().unwrap());
    let taken = |days: i64| retention(&days.to_string()).is_some();
    assert_eq!([least - 1, least, most, most + 1].map(taken), [false, true, true, false]);
    let (_, function) = template.functions()[ERASE_PERSONAL_DATA];
    assert_eq!(variables(function)["KOOGALLERY_PERSONAL_DATA_DAYS"], "Ref PersonalDataDays");
}

#[test]
fn every_variable_that_is_set_is_read() {
    let mut sources = String::new();
    let mut folders = ["shared/orders/src", "shared/queue/src", "shared/runtime/src", "functions"]
        .map(|folder| root().join(folder))
        .to_vec();
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
    for (binary, (_, function)) in Template::read().functions() {
        for name in variables(function).keys() {
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
    let sweep = deliver_events::Swept {
        at: koogallery::Timestamp::from_millis(0),
        driven: 0,
        undelivered: 0,
        undelivered_age: std::time::Duration::ZERO,
        parked: 0,
        parked_of_released: 0,
        provisioning_age: std::time::Duration::ZERO,
        is_whole: true,
    };
    let api = koogallery_runtime::ApiRecord {
        request_id: None,
        refused_from: None,
        application: None,
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
    let lines = [call, sweep.line(&log), api.line(""), run.line(&log)];
    let mut own = 0;
    for (name, alarm) in Template::read().of_type("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["TreatMissingData"], "notBreaching", "{name}");
        if plain(&alarm["Properties"]["Namespace"]).starts_with("Sub KooGallery/") {
            own += 1;
            let metric = plain(&alarm["Properties"]["MetricName"]);
            assert!(lines.iter().any(|line| line[&metric].is_number()), "{name}");
        }
    }
    assert_eq!(own, 11);
}

#[test]
fn every_function_is_watched() {
    let template = Template::read();
    let dashboard = plain(&template.resource("Dashboard")["Properties"]["DashboardBody"]);
    let watched: BTreeSet<(String, String)> = template
        .of_type("AWS::CloudWatch::Alarm")
        .into_values()
        .filter(|alarm| alarm["Properties"]["Namespace"] == "AWS/Lambda")
        .map(|alarm| {
            let dimension = &alarm["Properties"]["Dimensions"][0];
            assert_eq!(dimension["Name"], "FunctionName");
            (plain(&dimension["Value"]), plain(&alarm["Properties"]["MetricName"]))
        })
        .collect();
    for (binary, (id, _)) in template.functions() {
        for metric in ["Errors", "Throttles"] {
            assert!(watched.contains(&(format!("Ref {id}"), metric.to_owned())), "no alarm tells {metric} of {binary}");
        }
    }
    for id in callbacks(&template).into_values().chain(["FrontDoorFunction"]) {
        assert!(dashboard.contains(&format!("\"${{{id}}}\"")), "the dashboard lacks {id}");
    }
}
