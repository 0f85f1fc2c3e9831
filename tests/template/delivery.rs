//! What wakes the functions that learn of orders and deliver events.

use koogallery_store::{Kind, schema};
use koogallery_tests::template::{Template, plain};
use serde_json::Value;

use crate::texts;

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
