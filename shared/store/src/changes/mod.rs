//! The changes of state: each file says what is written, and under which condition.

pub(crate) mod close_usage;
pub(crate) mod create_instance;
pub(crate) mod decide;
pub(crate) mod discard;
pub(crate) mod erase;
pub(crate) mod keep_order_details;
pub(crate) mod learn_order;
pub(crate) mod lease;
pub(crate) mod mark_delivered;
pub(crate) mod mark_learnt;
pub(crate) mod note_order;
pub(crate) mod provision;
pub(crate) mod push_usage;
pub(crate) mod refresh;
pub(crate) mod release;
pub(crate) mod request_license;
pub(crate) mod set_usage;
pub(crate) mod silent_usage;
pub(crate) mod take_usage;
pub(crate) mod update_status;
pub(crate) mod upgrade;
pub(crate) mod use_package;
