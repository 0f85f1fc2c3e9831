//! The columns that are understood. Which title stands for which one says the table of names.

use serde::{Deserialize, Serialize};

/// A column of a statement. Its name in files is in camel case, such as `orderId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Column {
    /// The order (订单号).
    OrderId,
    /// The order that a refund or a change is of (原订单号).
    OriginalOrderId,
    /// The order line (订单行).
    OrderLineId,
    /// The product's id.
    ProductId,
    /// The product's name (商品名称, 应用名称).
    Product,
    /// The specification (规格).
    Sku,
    /// The month of the bill (账期).
    Month,
    /// Consumption, refund or adjustment (账单类型).
    BillKind,
    /// The type of the order (订单类型).
    OrderType,
    /// How it is charged (计费模式).
    ChargingMode,
    /// The amount before discounts.
    ListAmount,
    /// What the customer consumed (客户消费金额).
    CustomerAmount,
    /// The amount of the deal: after discounts, before vouchers (成交价).
    DealAmount,
    /// What the seller gets (结算金额).
    SettlementAmount,
    /// The currency of all amounts of the row (币种).
    Currency,
    /// The platform's share, as a ratio (运营管理费比例).
    FeeRatio,
    /// The platform's share, as an amount (运营管理费).
    Fee,
    /// The partner's share (成交价分成).
    Split,
    /// The discount (授权折扣).
    Discount,
    /// How it is settled (结算类型).
    SettlementType,
    /// The state of the service supervision (服务监管状态).
    Supervision,
    /// Whether a customer who pays later has paid (还款状态).
    Repaid,
    /// When the customer ordered or paid (客户交易时间).
    TradedOn,
    /// When the customer accepted (验收时间).
    AcceptedOn,
    /// From when on the order is in effect (生效时间).
    EffectiveFrom,
    /// When the seller was paid (结算时间).
    SettledOn,
    /// The customer's id. Personal data, like the next two.
    CustomerId,
    /// The customer's name.
    CustomerName,
    /// The customer's account.
    CustomerAccount,
    /// The instance that usage is of (实例ID).
    Instance,
    /// When the usage begins.
    Begin,
    /// When the usage ends.
    End,
    /// How much was used (用量).
    Quantity,
    /// The serial number of the record of usage (话单流水号).
    Serial,
    /// The state of the record or the order, in KooGallery's words.
    Status,
    /// Why a record is not counted.
    Reason,
}

impl Column {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 36] = [
        Self::OrderId,
        Self::OriginalOrderId,
        Self::OrderLineId,
        Self::ProductId,
        Self::Product,
        Self::Sku,
        Self::Month,
        Self::BillKind,
        Self::OrderType,
        Self::ChargingMode,
        Self::ListAmount,
        Self::CustomerAmount,
        Self::DealAmount,
        Self::SettlementAmount,
        Self::Currency,
        Self::FeeRatio,
        Self::Fee,
        Self::Split,
        Self::Discount,
        Self::SettlementType,
        Self::Supervision,
        Self::Repaid,
        Self::TradedOn,
        Self::AcceptedOn,
        Self::EffectiveFrom,
        Self::SettledOn,
        Self::CustomerId,
        Self::CustomerName,
        Self::CustomerAccount,
        Self::Instance,
        Self::Begin,
        Self::End,
        Self::Quantity,
        Self::Serial,
        Self::Status,
        Self::Reason,
    ];
    /// The columns whose cells are amounts of money.
    pub const AMOUNTS: [Self; 5] =
        [Self::ListAmount, Self::CustomerAmount, Self::DealAmount, Self::SettlementAmount, Self::Fee];
}
