//! Orders after payment: service supervision (服务监管), what is due and when, customer demands (客户需求), and what is known of an
//! order's state. Pure: no clock, no table.

pub(crate) mod amount;
pub(crate) mod deadline;
pub(crate) mod demand;
pub(crate) mod flow;
pub(crate) mod party;
pub(crate) mod record;
pub(crate) mod reported;
pub(crate) mod step;
pub(crate) mod supervision;
