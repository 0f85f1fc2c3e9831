//! The words of cells that decide something: kind of bill, type of order, state of supervision, repayment.

use serde::{Deserialize, Serialize};

use crate::names::{Names, Word};

/// What a row is (账单类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BillKind {
    /// The customer consumed (消费).
    Consumption,
    /// The customer got money back (退款).
    Refund,
    /// KooGallery corrected something (调账).
    Adjustment,
}

/// What an order is. KooGallery's order query calls it orderType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderKind {
    /// A purchase (NEW, 新订).
    Purchase,
    /// A trial, which is free (TRIAL, 试用).
    Trial,
    /// A trial turned formal (`TRIAL_TO_FORMAL`, 试用转正).
    TrialToFormal,
    /// A renewal (RENEW, 续订).
    Renewal,
    /// A change of specification or quantity (CHANGE, 变更).
    Change,
    /// A refund (UNSUBSCRIBE, 退订).
    Refund,
    /// It is not known.
    Unknown,
}

/// How an order is charged (计费模式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChargingMode {
    /// Pay-per-use (按需): the bill follows the usage, not the order.
    OnDemand,
    /// By period (包周期).
    Period,
    /// Once (一次性).
    OneTime,
    /// A package of usage, paid beforehand (按需套餐包).
    Package,
}

/// The state of the service supervision (服务监管), as a row says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Supervision {
    /// The order is not supervised (不涉及).
    NotSupervised,
    /// The customer has not accepted yet.
    Open,
    /// It is done (已完成).
    Completed,
    /// In words that the table of names does not have.
    Other(String),
}

/// Whether the customer has paid, as a row says it (还款状态).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repayment {
    /// The customer has paid.
    Repaid,
    /// The customer pays later, and has not paid yet.
    NotRepaid,
    /// The customer paid beforehand.
    NotNeeded,
    /// In words that the table of names does not have.
    Other(String),
}

impl BillKind {
    pub(crate) fn read(text: &str, names: &Names) -> Option<Self> {
        let kinds = [
            (Word::Consumption, Self::Consumption),
            (Word::Refund, Self::Refund),
            (Word::Adjustment, Self::Adjustment),
        ];
        first(text, names, kinds)
    }
}

impl OrderKind {
    pub(crate) fn read(text: &str, names: &Names) -> Option<Self> {
        let kinds = [
            (Word::New, Self::Purchase),
            (Word::Renewal, Self::Renewal),
            (Word::Change, Self::Change),
            (Word::Refund, Self::Refund),
            (Word::Trial, Self::Trial),
            (Word::TrialToFormal, Self::TrialToFormal),
        ];
        first(text, names, kinds)
    }
}

impl ChargingMode {
    pub(crate) fn read(text: &str, names: &Names) -> Option<Self> {
        let modes = [
            (Word::OnDemand, Self::OnDemand),
            (Word::Package, Self::Package),
            (Word::Period, Self::Period),
            (Word::OneTime, Self::OneTime),
        ];
        first(text, names, modes)
    }
}

impl Supervision {
    pub(crate) fn read(text: &str, names: &Names) -> Self {
        let states = [
            (Word::NotSupervised, Self::NotSupervised),
            (Word::SupervisionOpen, Self::Open),
            (Word::SupervisionCompleted, Self::Completed),
        ];
        first(text, names, states).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl Repayment {
    pub(crate) fn read(text: &str, names: &Names) -> Self {
        let states = [
            (Word::Repaid, Self::Repaid),
            (Word::NotRepaid, Self::NotRepaid),
            (Word::RepaymentNotNeeded, Self::NotNeeded),
        ];
        first(text, names, states).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

/// The first meaning whose word the text is.
fn first<T, const N: usize>(text: &str, names: &Names, meanings: [(Word, T); N]) -> Option<T> {
    meanings.into_iter().find(|(word, _)| names.is(*word, text)).map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_others_are_kept() {
        let names = Names::known().unwrap();
        assert_eq!(BillKind::read("退款", &names), Some(BillKind::Refund));
        assert_eq!(BillKind::read("other", &names), None);
        assert_eq!(OrderKind::read("续订", &names), Some(OrderKind::Renewal));
        assert_eq!(OrderKind::read("TRIAL_TO_FORMAL", &names), Some(OrderKind::TrialToFormal));
        assert_eq!(ChargingMode::read("包年/包月", &names), Some(ChargingMode::Period));
        assert_eq!(ChargingMode::read("按需套餐包", &names), Some(ChargingMode::Package));
        assert_eq!(Supervision::read("不涉及", &names), Supervision::NotSupervised);
        assert_eq!(Supervision::read("申诉中", &names), Supervision::Other("申诉中".to_owned()));
        assert_eq!(Repayment::read("未还款", &names), Repayment::NotRepaid);
        assert_eq!(Repayment::read("maybe", &names), Repayment::Other("maybe".to_owned()));
    }
}
