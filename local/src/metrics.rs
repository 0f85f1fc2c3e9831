//! The figures of a host, as Prometheus reads them: those that the functions write for CloudWatch on AWS, under names of
//! Prometheus' kind. `Calls` is `koogallery_calls_total`, and `Duration` is `koogallery_duration_seconds`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use koogallery_runtime::{STATES, version};
use prometheus::process_collector::ProcessCollector;
use prometheus::{
    CounterVec, Encoder as _, GaugeVec, HistogramOpts, HistogramVec, IntGauge, Opts, Registry, TEXT_FORMAT, TextEncoder,
};
use serde_json::Value;

/// How long a figure of how things are is told: somewhat longer than the pause after which it comes again. If it does not, another
/// host tells it, or nobody knows it.
fn stays(function: &str) -> Duration {
    match function {
        erase_personal_data::FUNCTION => Duration::from_hours(2),
        report_usage::FUNCTION | watch::FUNCTION => Duration::from_mins(12),
        _ => Duration::from_mins(3),
    }
}

/// The upper ends of the buckets of durations, in seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 10.0];

/// What each line may be told apart by.
const FUNCTION: &str = "function";
/// What calls are told apart by besides.
const RESULT_CODE: &str = "result_code";
/// The metric that has both.
const CALLS: &str = "Calls";

/// All figures of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    known: Mutex<BTreeMap<String, Figure>>,
}

#[derive(Debug)]
enum Figure {
    Counter(CounterVec),
    Histogram(HistogramVec),
    State { gauge: GaugeVec, set: BTreeMap<String, Instant> },
}

impl Metrics {
    /// None yet, but the version that runs, and what the system knows of the process.
    pub fn new() -> Result<Arc<Self>, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let info = Opts::new("koogallery_build_info", "Always 1; the label tells which version runs");
        let info = IntGauge::with_opts(info.const_label("version", version()))?;
        info.set(1);
        registry.register(Box::new(info))?;
        Ok(Arc::new(Self { registry, known: Mutex::default() }))
    }

    /// Takes the figures of one line, which it names in CloudWatch's embedded metric format.
    pub fn take(&self, line: &Value) {
        let function = line["function"].as_str().unwrap_or_default();
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            for metric in directive["Metrics"].as_array().into_iter().flatten() {
                let (Some(name), Some(unit)) = (metric["Name"].as_str(), metric["Unit"].as_str()) else { continue };
                let Some(value) = line[name].as_f64() else { continue };
                let code = (name == CALLS).then(|| line["resultCode"].as_str().unwrap_or_default());
                // A name that Prometheus refuses is a fault of this source, which a test would find.
                drop(self.add(name, unit, function, code, value));
            }
        }
    }

    fn add(
        &self,
        name: &str,
        unit: &str,
        function: &str,
        code: Option<&str>,
        value: f64,
    ) -> Result<(), prometheus::Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) {
            known.insert(name.to_owned(), self.register(name, unit, code.is_some())?);
        }
        let labels: Vec<&str> = [function].into_iter().chain(code).collect();
        match known.get_mut(name) {
            Some(Figure::Counter(counter)) => counter.with_label_values(&labels).inc_by(value),
            Some(Figure::Histogram(histogram)) => histogram.with_label_values(&labels).observe(value / 1e3),
            Some(Figure::State { gauge, set }) => {
                gauge.with_label_values(&labels).set(value);
                set.insert(function.to_owned(), Instant::now());
            }
            None => {}
        }
        Ok(())
    }

    fn register(&self, name: &str, unit: &str, has_code: bool) -> Result<Figure, prometheus::Error> {
        let help = format!("The metric {name} of the functions");
        let snake = snake_case(name);
        let labels: &[&str] = if has_code { &[FUNCTION, RESULT_CODE] } else { &[FUNCTION] };
        Ok(match unit {
            "Milliseconds" => {
                let options = HistogramOpts::new(format!("koogallery_{snake}_seconds"), help).buckets(BUCKETS.into());
                let histogram = HistogramVec::new(options, labels)?;
                self.registry.register(Box::new(histogram.clone()))?;
                Figure::Histogram(histogram)
            }
            "Count" if !STATES.contains(&name) => {
                let counter = CounterVec::new(Opts::new(format!("koogallery_{snake}_total"), help), labels)?;
                self.registry.register(Box::new(counter.clone()))?;
                Figure::Counter(counter)
            }
            _ => {
                let seconds = if unit == "Seconds" { "_seconds" } else { "" };
                let gauge = GaugeVec::new(Opts::new(format!("koogallery_{snake}{seconds}"), help), labels)?;
                self.registry.register(Box::new(gauge.clone()))?;
                Figure::State { gauge, set: BTreeMap::new() }
            }
        })
    }

    /// All of them, in Prometheus' text format.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        for figure in self.known.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
            if let Figure::State { gauge, set } = figure {
                set.retain(|function, at| {
                    let fresh = at.elapsed() < stays(function);
                    // It is there, unless it was just taken away.
                    let _ = fresh || gauge.remove_label_values(&[function]).is_ok();
                    fresh
                });
            }
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// `CallsVerified` as `calls_verified`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (position, character) in name.char_indices() {
        if character.is_ascii_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// Answers `GET /metrics`.
pub(crate) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(text)).with_state(metrics)
}

async fn text(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use koogallery::{ResultCode, Timestamp};
    use koogallery_runtime::{CallRecord, CloudWatch, Environment, Metric};

    use super::*;

    #[test]
    fn the_figures_of_lines_are_those_of_prometheus() {
        let environment = Environment::default();
        let (metrics, lines) = (Metrics::new().unwrap(), CloudWatch::of(&environment));
        let at = Timestamp::from_millis(1_764_000_000_000);
        let record = CallRecord {
            signed: true,
            duration: Duration::from_millis(30),
            ..CallRecord::new("new-instance", at, ResultCode::Success)
        };
        for line in lines.lines(&record).into_iter().chain(lines.lines(&record)) {
            metrics.take(&line);
        }
        let swept = lines.metric_line(
            "deliver-events",
            "INFO",
            at,
            [Metric::count("ParkedEvents", 3), Metric::seconds("UndeliveredAge", Duration::from_mins(1))],
        );
        metrics.take(&swept);
        metrics.take(&swept);
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        for told in [
            r#"koogallery_calls_total{function="new-instance",result_code="000000"} 2"#,
            r#"koogallery_calls_verified_total{function="new-instance"} 2"#,
            r#"koogallery_duration_seconds_bucket{function="new-instance",le="0.025"} 0"#,
            r#"koogallery_duration_seconds_bucket{function="new-instance",le="0.05"} 2"#,
            r#"koogallery_parked_events{function="deliver-events"} 3"#,
            r#"koogallery_undelivered_age_seconds{function="deliver-events"} 60"#,
            "koogallery_build_info{version=",
            "process_resident_memory_bytes",
        ] {
            assert!(text.contains(told), "{told} in {text}");
        }
    }
}
