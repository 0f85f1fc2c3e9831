//! What an upgrade must not replace: its data, its keys or its address would be others. `CloudFormation` replaces a resource
//! whose logical id or type changes, or one of the properties that cannot be changed in place.

use koogallery_tests::template::{Template, plain};

use crate::texts;

/// Names of properties with their values.
type Properties = &'static [(&'static str, &'static str)];

/// Logical id, type, and each property of it whose change would replace it, as version 0.1.0 has it. A property that is
/// missing there must stay missing: a physical name, for one.
const HELD: &[(&str, &str, Properties)] = &[
    (
        "Table",
        "AWS::DynamoDB::Table",
        &[
            ("TableName", "null"),
            ("KeySchema", r#"[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]"#),
            ("LocalSecondaryIndexes", "null"),
            ("ImportSourceSpecification", "null"),
        ],
    ),
    (
        "DataKey",
        "AWS::KMS::Key",
        &[("KeySpec", "null"), ("KeyUsage", "null"), ("MultiRegion", "null"), ("Origin", "null")],
    ),
    ("Secret", "AWS::SecretsManager::Secret", &[("Name", "null")]),
    ("FrontDoorUrl", "AWS::Lambda::Url", &[("TargetFunctionArn", "Ref FrontDoorFunction"), ("Qualifier", "null")]),
    ("SellerApiUrl", "AWS::Lambda::Url", &[("TargetFunctionArn", "Ref SellerApiFunction"), ("Qualifier", "null")]),
    ("NewInstanceUrl", "AWS::Lambda::Url", &[("TargetFunctionArn", "Ref NewInstanceFunction"), ("Qualifier", "null")]),
    (
        "GetLicenseAsyncUrl",
        "AWS::Lambda::Url",
        &[("TargetFunctionArn", "Ref GetLicenseAsyncFunction"), ("Qualifier", "null")],
    ),
    ("HttpApi", "AWS::ApiGatewayV2::Api", &[("ProtocolType", "HTTP")]),
    ("HttpApiDomain", "AWS::ApiGatewayV2::DomainName", &[("DomainName", "Ref DomainName")]),
    ("EventQueue", "AWS::SQS::Queue", &[("QueueName", "null"), ("FifoQueue", "true")]),
    ("EventDeadLetters", "AWS::SQS::Queue", &[("QueueName", "null"), ("FifoQueue", "true")]),
    ("LearnOrderDelays", "AWS::SQS::Queue", &[("QueueName", "null"), ("FifoQueue", "null")]),
    ("DeliverEventsDelays", "AWS::SQS::Queue", &[("QueueName", "null"), ("FifoQueue", "null")]),
    ("FrontDoorLogGroup", "AWS::Logs::LogGroup", &[("LogGroupName", "Sub /koogallery/${AWS::StackName}/front-door")]),
    (
        "NewInstanceLogGroup",
        "AWS::Logs::LogGroup",
        &[("LogGroupName", "Sub /koogallery/${AWS::StackName}/new-instance")],
    ),
];

#[test]
fn what_holds_state_or_an_address_is_never_replaced() {
    let template = Template::read();
    for (id, kind, properties) in HELD {
        let resource = template.resource(id);
        assert_eq!(resource["Type"], *kind, "{id}");
        for (name, value) in *properties {
            assert_eq!(plain(&resource["Properties"][name]), *value, "{id}.{name} would replace it");
        }
    }
    for (id, function) in template.functions().into_values() {
        for name in ["FunctionName", "PackageType"] {
            assert!(function["Properties"][name].is_null(), "{id}.{name} would replace it, with its URL");
        }
    }
}

/// A value in the template would be written over the seller's keys whenever it changes.
#[test]
fn no_deployment_ever_writes_the_secret() {
    let secret = &Template::read().resource("Secret")["Properties"].clone();
    for name in ["SecretString", "GenerateSecretString"] {
        assert!(secret[name].is_null(), "{name}");
    }
}

/// A restored table, its key and its secret can be used by a new stack: docs/backup.md.
#[test]
fn what_exists_already_can_be_used() {
    let template = Template::read();
    let conditions = template.section("Conditions");
    for (id, condition, parameter) in [
        ("Table", "OwnsTable", "TableName"),
        ("DataKey", "OwnsDataKey", "DataKeyArn"),
        ("Secret", "OwnsSecret", "SecretArn"),
    ] {
        assert_eq!(template.resource(id)["Condition"], condition);
        assert_eq!(texts(&conditions[condition]["Fn::Equals"]), [&format!("Ref {parameter}"), ""]);
        assert_eq!(template.section("Parameters")[parameter]["Default"], "", "{parameter}: by default its own");
    }
    // Whoever refers to one of them asks first whose it is.
    let written = koogallery_tests::template::text();
    for line in written.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for (own, asked) in [
            ("!Ref Table,", "!If [OwnsTable, !Ref Table, !Ref TableName]"),
            ("!GetAtt Table.Arn", "!If [OwnsTable, !GetAtt Table.Arn, !Sub \"arn:"),
            ("!GetAtt Table.StreamArn", "!If [OwnsTable, !GetAtt Table.StreamArn, !Ref TableStreamArn]"),
            ("!GetAtt DataKey.Arn", "!If [OwnsDataKey, !GetAtt DataKey.Arn, !Ref DataKeyArn]"),
            ("!Ref Secret,", "!If [OwnsSecret, !Ref Secret, !Ref SecretArn]"),
        ] {
            assert_eq!(line.matches(own).count(), line.matches(asked).count(), "{line}");
        }
    }
}
