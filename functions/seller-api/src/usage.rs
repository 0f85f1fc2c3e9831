//! What instances use: the running totals that queryInstance reports, and the records that KooGallery bills by.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use koogallery::{InstanceId, InterfaceType, Text, TextError, Timestamp, UsageInfo};
use koogallery_open_api::{Error, MeteringSn, UsageBatch, UsageRecord, UsageValue, UsageValueError};
use koogallery_store::{PushedSpan, UsageKept};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::{Body, PathOf, optional_text, text};
use crate::open_api::{deadline, failed};
use crate::paths::InstancePath;
use crate::problem::{Kind, Problem};
use crate::time::{Time, TimeError};

/// KooGallery does not count older use.
const OLDEST: Duration = Duration::from_hours(21 * 24);
/// The most entries for one instance: a package over two metered items needs two.
const MOST_USAGE_INFO: usize = 100;

/// What a pay-per-use instance or a package has used so far.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UsageInfo, examples(json!({ "usageValue": 12.5, "statisticalTime": "2025-12-01T00:00:00.000Z" })))]
pub(crate) struct UsageInfoBody {
    /// The pay-per-use instance that a package's use belongs to.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    related_instance_id: Option<InstanceId>,
    /// The running total (pay-per-use), or the use so far (package), with up to 4 decimals.
    #[schema(value_type = f64, minimum = 0, exclusive_maximum = 100_000_000, multiple_of = 0.0001)]
    usage_value: serde_json::Number,
    /// When it was counted.
    #[schema(value_type = String, format = DateTime)]
    statistical_time: Time,
    /// The address where the buyer can see it.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 512)]
    dashboard_url: Option<Text<512>>,
}

/// What an instance has used so far.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UsageInfoList, examples(json!({
    "usageInfo": [{ "usageValue": 12.5, "statisticalTime": "2025-12-01T00:00:00.000Z" }],
})))]
pub(crate) struct UsageInfoList {
    /// One entry for each metered item.
    #[schema(max_items = 100)]
    usage_info: Vec<UsageInfoBody>,
}

/// Why KooGallery would not take an entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageInfoError {
    #[error("usageValue: give 0 to 99999999.9999, with at most 4 decimals")]
    Value,
    #[error("statisticalTime: {0}")]
    TimeText(#[from] TextError),
}

impl TryFrom<UsageInfoBody> for UsageInfo {
    type Error = UsageInfoError;
    fn try_from(body: UsageInfoBody) -> Result<Self, UsageInfoError> {
        let UsageInfoBody { related_instance_id, usage_value, statistical_time, dashboard_url } = body;
        let written = usage_value.to_string();
        let (whole, decimals) = written.split_once('.').unwrap_or((&written, ""));
        let decimals = decimals.trim_end_matches('0');
        if whole.len() > 8 || !whole.bytes().all(|digit| digit.is_ascii_digit()) || decimals.len() > 4 {
            return Err(UsageInfoError::Value);
        }
        Ok(Self {
            related_instance_id,
            usage_value: usage_value.into(),
            statistical_time: statistical_time.to_digits().try_into()?,
            dashboard_url,
        })
    }
}

impl TryFrom<UsageInfo> for UsageInfoBody {
    type Error = TimeError;
    fn try_from(info: UsageInfo) -> Result<Self, TimeError> {
        let UsageInfo { related_instance_id, usage_value, statistical_time, dashboard_url } = info;
        let usage_value = match usage_value {
            serde_json::Value::Number(number) => number,
            _ => 0.into(),
        };
        let statistical_time = statistical_time.as_str().parse()?;
        Ok(Self { related_instance_id, usage_value, statistical_time, dashboard_url })
    }
}

/// What an instance has used so far, as last reported.
#[utoipa::path(get, path = "/v1/instances/{id}/usage-info", tag = "usage", operation_id = "getUsageInfo",
    params(InstancePath),
    responses(
        (status = 200, description = "What was last reported", body = UsageInfoList),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get_usage_info(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<Json<UsageInfoList>, Problem> {
    let usage_info = api.instance(&id).await?.usage_info.into_iter().map(UsageInfoBody::try_from);
    let usage_info = usage_info.collect::<Result<_, _>>().map_err(|error| {
        Problem::new(Kind::Internal, "the stored usage does not have the expected form").because(error)
    })?;
    Ok(Json(UsageInfoList { usage_info }))
}

/// Reports what an instance has used so far.
///
/// queryInstance answers with it from now on; pay-per-use and packages need it. It replaces what was reported before. KooGallery
/// does not bill by it, but by usage records.
#[utoipa::path(put, path = "/v1/instances/{id}/usage-info", tag = "usage", operation_id = "putUsageInfo",
    params(InstancePath), request_body = UsageInfoList,
    responses(
        (status = 204, description = "It is stored"),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance was released"),
    ))]
pub(crate) async fn put_usage_info(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<UsageInfoList>,
) -> Result<StatusCode, Problem> {
    if body.usage_info.len() > MOST_USAGE_INFO {
        return Err(Problem::new(Kind::Invalid, format!("usageInfo: give at most {MOST_USAGE_INFO} entries")));
    }
    let usage = body.usage_info.into_iter().enumerate().map(|(place, info)| {
        UsageInfo::try_from(info).map_err(|error| Problem::new(Kind::Invalid, format!("usageInfo/{place}/{error}")))
    });
    let usage: Vec<_> = usage.collect::<Result<_, _>>()?;
    match api.store().keep_usage(&id, &usage).await? {
        UsageKept::Kept => Ok(StatusCode::NO_CONTENT),
        UsageKept::Unknown => Err(Problem::unknown("instance")),
        UsageKept::Released => Err(Problem::released()),
    }
}

/// Usage records, under KooGallery's own names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UsagePush, examples(json!({ "usage_records": [{
    "instance_id": "03pf80c2b8", "record_time": "2025-12-01T01:05:00Z", "begin_time": "2025-12-01T00:00:00Z",
    "end_time": "2025-12-01T01:00:00Z", "usage_value": 0.25, "metering_sn": "03pf80c2b8-20251201T00",
}] })))]
pub(crate) struct Push {
    /// The records.
    #[schema(min_items = 1, max_items = 1000)]
    usage_records: Vec<Record>,
}

/// What one instance used in one period of time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UsageRecord, examples(json!({
    "instance_id": "03pf80c2b8", "record_time": "2025-12-01T01:05:00Z", "begin_time": "2025-12-01T00:00:00Z",
    "end_time": "2025-12-01T01:00:00Z", "usage_value": 0.25, "metering_sn": "03pf80c2b8-20251201T00",
})))]
#[allow(clippy::struct_field_names)] // KooGallery's own names
struct Record {
    /// The instance.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    instance_id: InstanceId,
    /// When this record was made.
    #[schema(value_type = String, format = DateTime)]
    record_time: Time,
    /// The beginning; at most 21 days ago.
    #[schema(value_type = String, format = DateTime)]
    begin_time: Time,
    /// The end; later than `begin_time`, and not in the future. No two records of an instance have the same beginning and end, in
    /// whatever calls they come.
    #[schema(value_type = String, format = DateTime)]
    end_time: Time,
    /// The amount: above 0, with at most 8 digits before the point and 4 after it.
    #[schema(value_type = f64, exclusive_minimum = 0, exclusive_maximum = 100_000_000, multiple_of = 0.0001)]
    usage_value: serde_json::Number,
    /// The record's serial number: unique, and the same when the record is sent again.
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    metering_sn: MeteringSn,
    /// The instance of the package that this use belongs to.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    relate_pkg_instance: Option<InstanceId>,
}

/// Why KooGallery would not take a record.
#[derive(Debug, thiserror::Error)]
enum RecordError {
    #[error("metering_sn is also in another record: give each record its own")]
    Twice,
    #[error(transparent)]
    Value(#[from] UsageValueError),
    #[error("end_time must be later than begin_time, by a second or more")]
    NoTime,
    #[error(transparent)]
    Time(#[from] TimeError),
    #[error("begin_time is more than 21 days ago: KooGallery does not count it")]
    TooOld,
    #[error("end_time is in the future: KooGallery refuses that. Send the record when its time is over")]
    Future,
    #[error(
        "another record of the same instance has the same begin_time and end_time: KooGallery counts the first alone. Add them up"
    )]
    SameSpan,
    #[error(
        "a record that was sent before has the same instance, begin_time and end_time, and another metering_sn: KooGallery counts the first alone. \
         Send the same record under its first metering_sn, or more use with other times"
    )]
    SpanTaken,
}

impl Record {
    fn checked(self, now: Timestamp) -> Result<UsageRecord, RecordError> {
        let written = self.usage_value.to_string();
        let usage_value: UsageValue = written.strip_suffix(".0").unwrap_or(&written).parse()?;
        let second = |time: Time| time.second().ok_or(RecordError::Time(TimeError));
        let (record_time, begin_time, end_time) =
            (second(self.record_time)?, second(self.begin_time)?, second(self.end_time)?);
        if begin_time >= end_time {
            return Err(RecordError::NoTime);
        }
        if begin_time.timestamp().saturating_add(OLDEST) < now {
            return Err(RecordError::TooOld);
        }
        if end_time.timestamp() > now {
            return Err(RecordError::Future);
        }
        Ok(UsageRecord {
            instance_id: self.instance_id,
            record_time,
            begin_time,
            end_time,
            usage_value,
            metering_sn: self.metering_sn,
            relate_pkg_instance: self.relate_pkg_instance,
        })
    }
}

/// How many records KooGallery took.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "accepted": 1 })))]
pub(crate) struct Pushed {
    /// Their number.
    accepted: usize,
}

/// Sends usage records to KooGallery, which bills by them.
///
/// KooGallery takes all or none, and checks them later, one by one. Send each hour's use within 15 minutes after the hour. You
/// can send the same records again: KooGallery recognises them by `metering_sn`.
#[utoipa::path(post, path = "/v1/usage", tag = "usage", operation_id = "pushUsage", request_body = Push,
    responses(
        (status = 202, description = "KooGallery has them", body = Pushed),
        (status = 422, description = "KooGallery refused the records"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "It is unknown whether KooGallery has them: send them again"),
    ))]
pub(crate) async fn push(
    State(api): State<Arc<SellerApi>>,
    Body(body): Body<Push>,
) -> Result<(StatusCode, Json<Pushed>), Problem> {
    let now = api.now();
    let (mut seen, mut spans) = (HashSet::new(), HashSet::new());
    let records = body.usage_records.into_iter().enumerate().map(|(place, record)| {
        let invalid = |problem: RecordError| Problem::new(Kind::Invalid, format!("usage_records/{place}: {problem}"));
        if !seen.insert(record.metering_sn.as_str().to_owned()) {
            return Err(invalid(RecordError::Twice));
        }
        let record = record.checked(now).map_err(invalid)?;
        if !spans.insert((record.instance_id.clone(), record.begin_time, record.end_time)) {
            return Err(invalid(RecordError::SameSpan));
        }
        Ok(record)
    });
    let records: Vec<_> = records.collect::<Result<_, _>>()?;
    let accepted = records.len();
    let span = |record: &UsageRecord| PushedSpan {
        instance_id: record.instance_id.clone(),
        begin: record.begin_time.timestamp(),
        end: record.end_time.timestamp(),
        metering_sn: record.metering_sn.as_str().to_owned(),
    };
    let spans = records.iter().map(span).collect();
    let batch = UsageBatch::try_from(records)
        .map_err(|error| Problem::new(Kind::Invalid, format!("usage_records: {error}")))?;

    let secrets = api.secrets().fresh().await?;
    let client = api.open_api.client(&secrets).await?;
    let key = secrets.access_keys.current(InterfaceType::Basic).ok_or_else(|| {
        Problem::new(Kind::NotConfigured, "the deployment needs an access key of the basic interfaces")
    })?;
    let reserved = api.store().reserve_spans(spans).await?.map_err(|places| {
        let place = places.first().copied().unwrap_or_default();
        Problem::new(Kind::Invalid, format!("usage_records/{place}: {}", RecordError::SpanTaken))
    })?;
    if let Err(error) = client.push_usage(&batch, key, deadline()).await {
        // After any other error KooGallery may have some of the records.
        if matches!(error, Error::Refused { .. }) {
            api.store().give_up_spans(reserved).await?;
        }
        return Err(failed(error, Kind::RefusedValue));
    }
    Ok((StatusCode::ACCEPTED, Json(Pushed { accepted })))
}
