//! The state: the table as the store writes it, and how long personal data stays.

use koogallery_tests::template::{Template, plain};
use serde_json::Value;

use crate::{ERASE_PERSONAL_DATA, variables};

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
