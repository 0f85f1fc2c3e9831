//! Hours of use: a list for a person, CSV for a spreadsheet, and a person's word about one.

use std::fmt;
use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use koogallery::InstanceId;
use koogallery_statements::escape;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Api, ApiError};

/// An hour, as the seller API shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hour {
    /// The pay-per-use instance.
    pub instance_id: String,
    /// The beginning.
    pub begin: String,
    /// The end.
    pub end: String,
    /// The package, for use of one.
    #[serde(default)]
    pub related_package: Option<String>,
    /// The part.
    pub part: u32,
    /// `open`, `closed`, `pushing`, `done` or `parked`.
    pub state: String,
    /// The sum of the records.
    pub amount: Value,
    /// How many records that are.
    pub records: u64,
    /// What is pushed.
    #[serde(default)]
    pub charged: Option<Value>,
    /// Its serial number.
    #[serde(default)]
    pub metering_sn: Option<String>,
    /// How often it was pushed without success.
    pub attempts: u32,
    /// KooGallery's last answer.
    #[serde(default)]
    pub last_answer: Option<String>,
}

/// Which hour a person means.
#[derive(Debug, Clone)]
pub struct HourName {
    /// The pay-per-use instance.
    pub instance: InstanceId,
    /// The beginning, such as 2025-12-01T00:00:00Z.
    pub begin: String,
    /// The package, for use of one.
    pub package: Option<InstanceId>,
    /// The part.
    pub part: u32,
}

impl HourName {
    fn json(&self) -> Value {
        let mut hour = json!({ "instanceId": self.instance.as_str(), "begin": self.begin, "part": self.part });
        if let Some(package) = &self.package {
            hour["relatedPackage"] = json!(package.as_str());
        }
        hour
    }
}

/// Which hours are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this instance; of all, if there is none.
    pub instance: Option<InstanceId>,
    /// Those that begin then or later.
    pub from: Option<String>,
    /// Those that begin then or before.
    pub to: Option<String>,
    /// In this state.
    pub state: Option<String>,
}

/// Hours for a person.
#[derive(Debug)]
pub struct Listed(pub Vec<Hour>);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no hours");
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["instance", "begin", "package", "state", "records", "amount", "tries", "last answer"]);
        for hour in &self.0 {
            let part = if hour.part == 0 { String::new() } else { format!(" part {}", hour.part) };
            table.add_row([
                hour.instance_id.clone(),
                format!("{}{part}", hour.begin),
                hour.related_package.clone().unwrap_or_default(),
                hour.state.clone(),
                hour.records.to_string(),
                plain(&hour.amount),
                hour.attempts.to_string(),
                hour.last_answer.clone().unwrap_or_default(),
            ]);
        }
        table.fmt(f)
    }
}

/// An amount as it is written.
pub(crate) fn plain(amount: &Value) -> String {
    amount.as_str().map_or_else(|| amount.to_string(), str::to_owned)
}

/// The hours that are wanted. Of all instances in any state, each instance is asked about.
pub async fn list(api: &Api, wanted: &Wanted) -> Result<Vec<Hour>, ApiError> {
    let of_index = wanted.state.as_deref().is_some_and(|state| matches!(state, "parked" | "unpushed"));
    if wanted.instance.is_some() || of_index {
        return of_one(api, wanted).await;
    }
    let mut hours = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "200")];
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        let page = api.get(&["instances"], &query).await?;
        for instance in page["instances"].as_array().into_iter().flatten() {
            let Some(id) = instance["instanceId"].as_str().and_then(|id| id.parse().ok()) else { continue };
            hours.extend(of_one(api, &Wanted { instance: Some(id), ..wanted.clone() }).await?);
        }
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(hours);
        }
    }
}

async fn of_one(api: &Api, wanted: &Wanted) -> Result<Vec<Hour>, ApiError> {
    let mut wanted = wanted.clone();
    let mut hours: Vec<Hour> = Vec::new();
    loop {
        let instance = wanted.instance.as_ref().map(|id| ("instanceId", id.as_str()));
        let others = [("from", &wanted.from), ("to", &wanted.to), ("state", &wanted.state)];
        let others = others.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let query: Vec<_> = instance.into_iter().chain(others).collect();
        let page = api.get(&["usage", "hours"], &query).await?;
        let read: Result<Vec<Hour>, _> = serde_json::from_value(page["hours"].clone());
        let read = read.map_err(|_| ApiError::Malformed("the list of hours".to_owned()))?;
        // The next page begins with the last hour of this one.
        let before = hours.len();
        hours.extend(read.into_iter().filter(|hour| !hours.contains(hour)).collect::<Vec<_>>());
        if page["hasMore"] != true || wanted.instance.is_none() || hours.len() == before {
            return Ok(hours);
        }
        wanted.from = hours.last().map(|hour| hour.begin.clone());
    }
}

/// Says that KooGallery does not count an hour.
pub async fn park(api: &Api, hour: &HourName, reason: &str) -> Result<(), ApiError> {
    let mut body = hour.json();
    body["reason"] = json!(reason);
    api.post(&["usage", "hours", "park"], Some(&body)).await.map(drop)
}

/// Has a parked hour pushed once more.
pub async fn resend(api: &Api, hour: &HourName, new_serial: bool) -> Result<(), ApiError> {
    let mut body = hour.json();
    body["newSerialNumber"] = json!(new_serial);
    api.post(&["usage", "hours", "resend"], Some(&body)).await.map(drop)
}

/// Has all parked hours pushed once more of which there is something to push. Returns how many there were.
pub async fn resend_parked(api: &Api, new_serial: bool) -> Result<usize, ApiError> {
    let wanted = Wanted { state: Some("parked".to_owned()), ..Wanted::default() };
    let mut resent = 0;
    for hour in list(api, &wanted).await?.into_iter().filter(|hour| hour.metering_sn.is_some()) {
        let Ok(instance) = hour.instance_id.parse() else { continue };
        let package = hour.related_package.as_deref().and_then(|package| package.parse().ok());
        resend(api, &HourName { instance, begin: hour.begin, package, part: hour.part }, new_serial).await?;
        resent += 1;
    }
    Ok(resent)
}

/// Writes hours as CSV.
pub fn write_csv(hours: &[Hour], to: impl Write) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record([
        "instance_id",
        "begin_time",
        "end_time",
        "relate_pkg_instance",
        "part",
        "state",
        "records",
        "amount",
        "usage_value",
        "metering_sn",
        "last_answer",
    ])?;
    for hour in hours {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            hour.instance_id.clone(),
            hour.begin.clone(),
            hour.end.clone(),
            of(&hour.related_package),
            hour.part.to_string(),
            hour.state.clone(),
            hour.records.to_string(),
            plain(&hour.amount),
            hour.charged.as_ref().map(plain).unwrap_or_default(),
            of(&hour.metering_sn),
            of(&hour.last_answer),
        ];
        csv.write_record(cells.iter().map(|cell| escape(cell).into_owned()))?;
    }
    csv.flush()?;
    Ok(())
}
