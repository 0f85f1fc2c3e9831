//! What the columns of KooGallery's lists are called. No guide shows them, so the names are a table that can be replaced.

use serde::Deserialize;

/// The names of each column. The first one that a file has is read; case, blanks and underscores do not count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// The pay-per-use instance. A file has to have it.
    pub instance: Vec<String>,
    /// The beginning of the record. A bill by the month may lack it.
    pub begin: Vec<String>,
    /// The month of a bill, such as 2025-12.
    pub month: Vec<String>,
    /// The amount. A file has to have it.
    pub quantity: Vec<String>,
    /// The serial number of the record.
    pub serial: Vec<String>,
    /// Whether the record counts.
    pub status: Vec<String>,
    /// Why it does not.
    pub reason: Vec<String>,
    /// Words of the status that say that the record does not count.
    pub refused: Vec<String>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the file has no column for the {what}: give its name with --columns, such as {{\"{what}\":[\"…\"]}}; it has: {has}"
)]
pub struct ColumnError {
    what: &'static str,
    has: String,
}

impl Default for Columns {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            instance: names(&[
                "instance_id",
                "Instance ID",
                "Resource ID",
                "实例ID",
                "商品实例ID",
                "资源ID",
                "资源实例ID",
            ]),
            begin: names(&[
                "begin_time",
                "Start Time",
                "Begin Time",
                "Usage Start Time",
                "开始时间",
                "计量开始时间",
                "使用开始时间",
                "话单开始时间",
            ]),
            month: names(&["month", "Billing Cycle", "Billing Period", "账期", "账单周期", "月份"]),
            quantity: names(&[
                "usage_value",
                "Usage",
                "Usage Amount",
                "Quantity",
                "用量",
                "使用量",
                "计量值",
                "话单用量",
            ]),
            serial: names(&["metering_sn", "Metering SN", "SDR ID", "话单流水号", "流水号", "话单ID"]),
            status: names(&["status", "SDR Status", "Processing Status", "状态", "话单状态", "处理状态"]),
            reason: names(&[
                "reason",
                "Failure Reason",
                "Error Message",
                "Exception Cause",
                "原因",
                "失败原因",
                "异常原因",
                "错误信息",
            ]),
            refused: names(&[
                "abnormal", "failed", "failure", "rejected", "refused", "error", "异常", "失败", "拒绝", "错误",
            ]),
        }
    }
}

/// The places of the columns in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) instance: usize,
    pub(super) quantity: usize,
    pub(super) begin: Option<usize>,
    pub(super) month: Option<usize>,
    pub(super) serial: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) reason: Option<usize>,
}

impl Columns {
    /// Finds the columns by the first line of a file.
    pub(super) fn places(&self, header: &csv::StringRecord) -> Result<Places, ColumnError> {
        let find = |names: &[String]| {
            names.iter().find_map(|name| header.iter().position(|column| plain(column) == plain(name)))
        };
        let needed = |what, names: &[String]| {
            let has = || header.iter().map(str::trim).collect::<Vec<_>>().join(", ");
            find(names).ok_or_else(|| ColumnError { what, has: has() })
        };
        let places = Places {
            instance: needed("instance", &self.instance)?,
            quantity: needed("quantity", &self.quantity)?,
            begin: find(&self.begin),
            month: find(&self.month),
            serial: find(&self.serial),
            status: find(&self.status),
            reason: find(&self.reason),
        };
        if places.begin.is_none() && places.month.is_none() {
            needed("begin", &self.begin)?;
        }
        Ok(places)
    }

    /// Whether a status says that the record does not count.
    pub(super) fn is_refused(&self, status: &str) -> bool {
        let status = plain(status);
        // "未失败" and the like: what is not failed counts.
        !status.starts_with(['未', '无']) && self.refused.iter().any(|word| status.contains(&plain(word)))
    }
}

/// A name without case, blanks, underscores and the mark that spreadsheets put before a file.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
