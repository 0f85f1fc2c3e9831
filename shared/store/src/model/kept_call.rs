//! The record of a verified call, for the trace of what it is about. It holds ids, and what became of the call: no personal
//! data, no secret, and nothing else of what the call said. A call whose signature is wrong has none.

use std::sync::OnceLock;

use koogallery::{Callback, InterfaceType, Named, ResultCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::subject::Subject;
use crate::model::world::World;

/// A reason is kept up to this many characters.
const MAX_REASON: usize = 300;

/// One verified call, as its record tells of it.
#[derive(Debug)]
pub struct CallInfo {
    /// Which callback.
    pub callback: Callback,
    /// Whose key signed it.
    pub interface_type: InterfaceType,
    /// The ids that it names.
    pub named: Named,
    /// What names the request in every log that it passes.
    pub request_id: Option<String>,
    /// When it came.
    pub at: Timestamp,
    /// What is odd about it, though it is answered.
    pub remark: Option<String>,
    /// The result code of the record that was written with what the call changes; none if it changed nothing.
    pub(crate) recorded: OnceLock<ResultCode>,
}

impl CallInfo {
    /// A call that is not recorded yet.
    #[must_use]
    pub const fn new(
        callback: Callback,
        interface_type: InterfaceType,
        named: Named,
        request_id: Option<String>,
        at: Timestamp,
    ) -> Self {
        Self { callback, interface_type, named, request_id, at, remark: None, recorded: OnceLock::new() }
    }

    /// The same call, with what is odd about it.
    #[must_use]
    pub fn with_remark(self, remark: Option<String>) -> Self {
        Self { remark, ..self }
    }

    /// The result code of the record that was written with what the call changes; none if it changed nothing.
    #[must_use]
    pub fn recorded(&self) -> Option<ResultCode> {
        self.recorded.get().copied()
    }

    pub(crate) fn world(&self) -> World {
        self.named.test_flag.into()
    }

    /// What it names. The record of a call that changed something stands with the first; one that did not is noted with
    /// each, since nothing else leads from one to the other.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let Named { order_id, instance_id, license, tenant_id, .. } = &self.named;
        let tenant = tenant_id.clone().map(Subject::Tenant);
        let instance = instance_id.clone().map(Subject::Instance);
        let license = license.clone().map(Subject::License);
        let order = order_id.clone().map(Subject::Order);
        [tenant, instance, license, order].into_iter().flatten().collect()
    }

    /// Whether KooGallery only asks, again and again: such a call is counted, and not kept one by one.
    pub(crate) fn is_poll(&self, code: ResultCode) -> bool {
        self.callback == Callback::QueryInstance && matches!(code, ResultCode::Success | ResultCode::Processing)
    }

    pub(crate) fn said(&self, result_code: ResultCode, reason: Option<&str>) -> CallSaid {
        let Named { order_id, instance_id, license, tenant_id, .. } = &self.named;
        CallSaid {
            callback: self.callback.activity().to_owned(),
            result_code,
            reason: reason.map(|reason| reason.chars().take(MAX_REASON).collect()),
            request_id: self.request_id.clone(),
            interface_type: self.interface_type,
            test: self.world() == World::Test,
            order_id: order_id.as_ref().map(ToString::to_string),
            instance_id: instance_id.as_ref().map(ToString::to_string),
            license: license.as_ref().map(ToString::to_string),
            tenant_id: tenant_id.as_ref().map(ToString::to_string),
        }
    }
}

/// What a record says of a call, and of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSaid {
    /// The callback, such as `newInstance`.
    pub callback: String,
    /// The answer.
    pub result_code: ResultCode,
    /// Why it was refused, or what is odd about it: the text of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What names the request in the logs; of several calls, the last one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whose key signed it.
    pub interface_type: InterfaceType,
    /// Whether it is a debug call.
    pub test: bool,
    /// The order that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The instance that it names, or created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The license code that it names: its end only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The enterprise that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// The record of a call; or of several, if they say the same within a short time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptCall {
    /// What it says.
    pub call: CallSaid,
    /// The number of calls.
    pub calls: u64,
    /// When the first one came.
    pub first_at: Timestamp,
    /// When the last one came.
    pub last_at: Timestamp,
}

/// The last debug call of a callback, such as KooGallery's probe twice a day, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Probe {
    /// What it says.
    pub call: CallSaid,
    /// When it came.
    pub at: Timestamp,
    /// Since when it has failed each time; none if the last one was answered well.
    #[serde(default, rename = "failsSince")]
    pub fails_since: Option<Timestamp>,
}
