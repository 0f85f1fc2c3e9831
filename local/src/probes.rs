//! What a deployment answered to the last debug calls, such as KooGallery's probes, which decide whether a product stays in the shop.

use koogallery::ResultCode;
use serde_json::Value;

use crate::api::Api;
use crate::findings::Finding;

/// Asks for them.
pub(crate) async fn last_probes(check: &str, api: &Api) -> Finding {
    let probes = match api.get(&["probes"], &[]).await {
        Ok(told) => told["probes"].as_array().cloned().unwrap_or_default(),
        Err(problem) => return Finding::not_checked(check, problem),
    };
    let text = |probe: &Value, name: &str| probe[name].as_str().unwrap_or_default().to_owned();
    let failed = probes.iter().filter(|probe| probe["resultCode"] != ResultCode::Success.as_str());
    let failed = failed.map(|probe| {
        let (callback, code, at) = (text(probe, "callback"), text(probe, "resultCode"), text(probe, "at"));
        format!("{callback} was answered {code} at {at}: {}", text(probe, "reason"))
    });
    let failed: Vec<String> = failed.collect();
    if !failed.is_empty() {
        return Finding::problem(check, failed.join("; "));
    }
    match probes.iter().map(|probe| text(probe, "at")).max() {
        Some(last) => Finding::ok(check, format_args!("{} callbacks, all 000000, the last at {last}", probes.len())),
        None => Finding::not_checked(check, "no debug call came in the last 30 days"),
    }
}
