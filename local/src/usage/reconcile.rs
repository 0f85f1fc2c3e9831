//! Compares what was pushed with what KooGallery lists: by instance and hour, and the sums by month.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use koogallery::Timestamp;
use koogallery_statements::Month;
use koogallery_store::Quantity;

use super::hours::{Hour, plain};
use super::lines::{Line, month_of, time};

/// What became of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// KooGallery counts what was pushed.
    Counted,
    /// KooGallery does not count it, for this reason.
    Refused(String),
    /// KooGallery does not list it.
    Missing,
    /// KooGallery counts another amount.
    Differing(Quantity),
    /// KooGallery lists it, and it was not pushed from here.
    Unknown,
}

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The instance.
    pub instance: String,
    /// The beginning of the hour, or the month.
    pub at: String,
    /// What was pushed.
    pub pushed: Quantity,
    /// What became of it.
    pub outcome: Outcome,
}

/// The comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Each hour of each instance, or each month where KooGallery's list has no hours.
    pub compared: Vec<Compared>,
    /// By month: what was pushed, and what KooGallery counts.
    pub months: BTreeMap<Month, (Quantity, Quantity)>,
}

impl Reconciled {
    /// Whether KooGallery counts all of it, and nothing else.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.compared.iter().all(|compared| compared.outcome == Outcome::Counted)
    }
}

impl fmt::Display for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.compared.iter().filter(|compared| compared.outcome == Outcome::Counted).count();
        writeln!(f, "{counted} of {} are counted as they were pushed", self.compared.len())?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["instance", "hour", "pushed", "KooGallery"]);
        for Compared { instance, at, pushed, outcome } in &self.compared {
            let told = match outcome {
                Outcome::Counted => continue,
                Outcome::Refused(reason) => format!("refused: {reason}"),
                Outcome::Missing => "missing".to_owned(),
                Outcome::Differing(counted) => format!("counts {counted}"),
                Outcome::Unknown => "lists it, and it was not pushed from here".to_owned(),
            };
            table.add_row([instance.clone(), at.clone(), pushed.to_string(), told]);
        }
        if table.row_count() > 0 {
            writeln!(f, "{table}")?;
        }
        for (month, (pushed, counted)) in &self.months {
            writeln!(f, "{month}: pushed {pushed}, counted {counted}")?;
        }
        Ok(())
    }
}

/// Compares hours with KooGallery's list: an hour by its serial number, or by the time in which the line begins.
#[must_use]
pub fn reconcile(hours: &[Hour], lines: &[Line]) -> Reconciled {
    let mut reconciled = Reconciled::default();
    let pushed = |hour: &Hour| -> Quantity {
        hour.charged.as_ref().and_then(|amount| plain(amount).parse().ok()).unwrap_or_default()
    };
    let begin = |hour: &Hour| time(&hour.begin).unwrap_or(Timestamp::from_millis(0));
    let hours: Vec<&Hour> = hours.iter().filter(|hour| hour.charged.is_some()).collect();
    for hour in &hours {
        if let Some(month) = month_of(begin(hour)) {
            reconciled.months.entry(month).or_default().0 += pushed(hour);
        }
    }
    for line in lines.iter().filter(|line| line.refused.is_none()) {
        reconciled.months.entry(line.month).or_default().1 += line.quantity;
    }
    if lines.iter().any(|line| line.begin.is_none()) {
        reconciled.compared = by_month(&hours, lines, &pushed, &begin);
        return reconciled;
    }
    // Parts and packages of an hour are compared together, where the list has no serial numbers.
    let mut of_hour: BTreeMap<(String, Timestamp), (Quantity, Vec<&Line>)> = BTreeMap::new();
    for hour in &hours {
        of_hour.entry((hour.instance_id.clone(), begin(hour))).or_default().0 += pushed(hour);
    }
    for line in lines {
        let at = line.begin.unwrap_or(Timestamp::from_millis(0));
        let is_it = |hour: &&&Hour| {
            let by_serial = line.serial.is_some() && hour.metering_sn == line.serial;
            by_serial
                || hour.instance_id == line.instance && begin(hour) <= at && time(&hour.end).is_some_and(|end| at < end)
        };
        let found = hours.iter().find(is_it).map_or(at, |hour| begin(hour));
        of_hour.entry((line.instance.clone(), found)).or_default().1.push(line);
    }
    let compared = of_hour.into_iter().map(|((instance, at), (pushed, lines))| {
        let counted: Quantity = lines.iter().filter(|line| line.refused.is_none()).map(|line| line.quantity).sum();
        let refused = lines.iter().find_map(|line| line.refused.clone());
        let outcome = match (refused, lines.is_empty()) {
            (_, false) if counted == pushed => Outcome::Counted,
            (Some(reason), _) => Outcome::Refused(reason),
            (None, true) => Outcome::Missing,
            (None, false) if pushed == Quantity::ZERO => Outcome::Unknown,
            (None, false) => Outcome::Differing(counted),
        };
        Compared { instance, at: at.to_rfc_3339(), pushed, outcome }
    });
    reconciled.compared = compared.collect();
    reconciled
}

fn by_month(
    hours: &[&Hour],
    lines: &[Line],
    pushed: &impl Fn(&Hour) -> Quantity,
    begin: &impl Fn(&Hour) -> Timestamp,
) -> Vec<Compared> {
    let mut sums: BTreeMap<(String, Month), (Quantity, Option<Quantity>)> = BTreeMap::new();
    for hour in hours {
        if let Some(month) = month_of(begin(hour)) {
            sums.entry((hour.instance_id.clone(), month)).or_default().0 += pushed(hour);
        }
    }
    for line in lines.iter().filter(|line| line.refused.is_none()) {
        let (_, counted) = sums.entry((line.instance.clone(), line.month)).or_default();
        *counted = Some(counted.unwrap_or_default() + line.quantity);
    }
    let compared = sums.into_iter().map(|((instance, at), (pushed, counted))| {
        let outcome = match counted {
            None => Outcome::Missing,
            Some(counted) if counted == pushed => Outcome::Counted,
            Some(_) if pushed == Quantity::ZERO => Outcome::Unknown,
            Some(counted) => Outcome::Differing(counted),
        };
        Compared { instance, at: at.to_string(), pushed, outcome }
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use koogallery_statements::Names;

    use super::super::lines::sheet;
    use super::*;

    fn hour(instance: &str, begin: &str, end: &str, charged: &str, serial: &str) -> Hour {
        serde_json::from_value(json!({
            "instanceId": instance, "begin": begin, "end": end, "part": 0, "state": "done", "amount": charged,
            "records": 1, "charged": charged, "meteringSn": serial, "attempts": 0,
        }))
        .unwrap()
    }

    fn outcomes(hours: &[Hour], file: &str) -> Vec<(String, Outcome)> {
        let lines = sheet(file.as_bytes(), &Names::known().unwrap()).unwrap();
        reconcile(hours, &lines).compared.into_iter().map(|compared| (compared.at, compared.outcome)).collect()
    }

    #[test]
    fn each_hour_is_counted_refused_missing_or_differs() {
        // 08:00 in Beijing is midnight in UTC.
        let file = "\u{feff}实例ID,开始时间,话单用量,话单状态,异常原因\n\
            i-1,2025-12-01 08:00:00,1.5000,正常,\n\
            i-1,2025/12/01 09:00,2,异常,实例不存在\n\
            i-1,2025-12-01 10:00:01,4,正常,\n\
            i-2,2025-12-01 08:00:00,1,正常,\n";
        let at = |hour: u32| format!("2025-12-01T{hour:02}:00:00.000Z");
        let hours: Vec<Hour> = [("1.5", 0), ("2", 1), ("3", 2), ("1", 3)]
            .map(|(charged, begin)| hour("i-1", &at(begin), &at(begin + 1), charged, &format!("sn-{begin}")))
            .into();
        let four: Quantity = "4".parse().unwrap();
        let expected = [
            (at(0), Outcome::Counted),
            (at(1), Outcome::Refused("实例不存在".to_owned())),
            (at(2), Outcome::Differing(four)),
            (at(3), Outcome::Missing),
            (at(0), Outcome::Unknown),
        ];
        assert_eq!(outcomes(&hours, file), expected);
        let reconciled = reconcile(&hours, &sheet(file.as_bytes(), &Names::known().unwrap()).unwrap());
        assert!(!reconciled.is_whole());
        let told = reconciled.to_string();
        for part in ["1 of 5", "refused: 实例不存在", "counts 4", "missing", "2025-12: pushed 7.5, counted 6.5"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn lists_in_english_by_serial_number_and_bills_by_month_are_compared_as_well() {
        let hours = [
            hour("i-1", "2025-12-01T00:00:00.000Z", "2025-12-01T01:00:00.000Z", "1", "sn-1"),
            hour("i-1", "2025-12-31T15:00:00.000Z", "2025-12-31T16:00:00.000Z", "2", "sn-2"),
            hour("i-1", "2025-12-31T16:00:00.000Z", "2025-12-31T17:00:00.000Z", "4", "sn-3"),
        ];
        let sdr = "Instance ID,Metering SN,Begin Time,Usage\n\
            i-1,sn-1,20251201T000000Z,1\ni-1,sn-2,2025-12-31T15:00:00Z,2\ni-1,sn-3,2026-01-01T00:00:00+08:00,4\n";
        assert!(outcomes(&hours, sdr).iter().all(|(_, outcome)| *outcome == Outcome::Counted));
        // The month ends at midnight in Beijing.
        let bill = "Resource ID,Billing Cycle,Usage Amount\ni-1,2025-12,3\ni-1,202601,5\n";
        let five: Quantity = "5".parse().unwrap();
        let expected = [("2025-12".to_owned(), Outcome::Counted), ("2026-01".to_owned(), Outcome::Differing(five))];
        assert_eq!(outcomes(&hours, bill), expected);
    }
}
