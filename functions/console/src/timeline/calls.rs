//! KooGallery's calls, also those that were refused.

use koogallery::ResultCode;
use koogallery_store::KeptCall;
use koogallery_waiting::meaning;
use maud::html;

use super::Entry;
use crate::texts::Facts;
use crate::view::View;

pub(super) fn entry(view: &View, kept: &KeptCall) -> Entry {
    let call = &kept.call;
    let is_right = matches!(call.result_code, ResultCode::Success | ResultCode::Processing);
    let more = html! {
        @if call.result_code != ResultCode::Success { span.quiet { (meaning(view.language, call.result_code)) } " " }
        @if call.test { "(" (view.say(Facts::CallTest)) ") " }
        @if kept.calls > 1 { (view.fill(Facts::CallCount, &[&kept.calls])) " " }
        @if let Some(reason) = &call.reason { span.bad { (reason) } " " }
        @if let Some(id) = &call.request_id { span.quiet { (view.say(Facts::RequestId)) " " (id) } }
    };
    Entry {
        at: kept.first_at,
        class: if is_right { "call" } else { "call failed" },
        title: view.fill(Facts::CallAnswered, &[&call.callback, &call.result_code]),
        more,
    }
}
