//! Requests about statements, mappings and findings: one of each operation that succeeds, and those that do not follow.

use koogallery_tests::api::Api;
use serde_json::{Value, json};

use super::statuses::{GoodRequest, Seen};

/// The digit of which the digests of these requests consist.
pub(super) const FILE: &str = "a";

fn at(digit: &str) -> String {
    format!("/v1/statements/{}", digit.repeat(64))
}

fn begin() -> Value {
    json!({ "name": "bill.csv", "rows": 1, "totals": [] })
}

fn rows(digit: &str) -> Value {
    let place = json!({ "file": digit.repeat(64), "sheet": 0, "row": 2 });
    json!({ "rows": [{ "place": place, "kind": "bill", "orderId": "CS1", "amounts": {}, "saysSettledOn": false, "other": [] }] })
}

pub(super) fn good_requests() -> Vec<GoodRequest> {
    let digest = FILE.repeat(64);
    let mapping = json!({ "titles": digest, "kind": "bill", "columns": { "orderId": 0, "dealAmount": 1 } });
    let run = "019adb6c-2f00-7c11-8d5e-0123456789ab";
    let finding = json!({ "id": digest, "kind": "amountDiffers", "subject": { "order": "CS1" }, "evidence": {} });
    let keep = json!({ "month": "2025-11", "run": run, "part": 0, "findings": [finding], "total": 1 });
    vec![
        ("beginStatement", at(FILE), Some(begin()), 201),
        ("addStatementRows", format!("{}/rows", at(FILE)), Some(rows(FILE)), 200),
        ("finishStatement", format!("{}/finish", at(FILE)), Some(json!({ "by": "Li" })), 200),
        ("listStatements", "/v1/statements".to_owned(), None, 200),
        ("getStatement", at(FILE), None, 200),
        ("listStatementRows", format!("{}/rows", at(FILE)), None, 200),
        ("confirmMapping", format!("/v1/mappings/{digest}"), Some(json!({ "mapping": mapping, "by": "Li" })), 200),
        ("listMappings", "/v1/mappings".to_owned(), None, 200),
        ("keepFindings", "/v1/findings".to_owned(), Some(keep), 204),
        (
            "explainFinding",
            format!("/v1/findings/{digest}/explanation"),
            Some(json!({ "note": "settled by hand" })),
            200,
        ),
        ("listFindings", "/v1/findings?month=2025-11".to_owned(), None, 200),
        ("listExplanations", "/v1/explanations".to_owned(), None, 200),
        ("listOrderFacts", "/v1/orders/facts?ids=CS1".to_owned(), None, 200),
    ]
}

/// What nobody began, what is known, what is finished, and what lacks rows.
pub(super) async fn refused(api: &Api, seen: &mut Seen) {
    let nobody = at("b");
    seen.see(api, "beginStatement", &at(FILE), Some(&begin()), 200).await;
    seen.see(api, "addStatementRows", &format!("{}/rows", at(FILE)), Some(&rows(FILE)), 409).await;
    seen.see(api, "addStatementRows", &format!("{nobody}/rows"), Some(&rows("b")), 404).await;
    seen.see(api, "listStatementRows", &format!("{nobody}/rows"), None, 404).await;
    seen.see(api, "getStatement", &nobody, None, 404).await;
    seen.see(api, "finishStatement", &format!("{nobody}/finish"), None, 404).await;
    seen.see(api, "beginStatement", &nobody, Some(&begin()), 201).await;
    seen.see(api, "finishStatement", &format!("{nobody}/finish"), None, 409).await;
}
