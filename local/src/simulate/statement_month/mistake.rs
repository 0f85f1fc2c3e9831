//! What can be wrong in the statements of a month, and what the comparison has to call it.

/// What is wrong with an order, or with the use of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    /// The bill has another amount.
    AmountDiffers,
    /// The seller has never heard of the order.
    UnknownOrder,
    /// The row names no order.
    NamelessRow,
    /// The order is in no statement.
    NotListed,
    /// The order is due by the transaction details, and not in the bill.
    NotInBill,
    /// The bill is not paid.
    NotPaid,
    /// The order is in the bill twice.
    Twice,
    /// The bill gives back another amount.
    RefundDiffers,
    /// The refund is in no statement.
    RefundNotListed,
    /// The bill gives back another amount for a refunded renewal.
    RenewalRefundDiffers,
    /// The refund of a renewal is in no statement.
    RenewalRefundNotListed,
    /// The order was refunded, and no call released its instance.
    RefundedButActive,
    /// The customer has not paid, and uses the instance.
    ActiveButUnpaid,
    /// The instance was released, and is billed for a time after that.
    ReleasedButBilled,
    /// KooGallery counts other usage than was pushed.
    UsageDiffers,
    /// A record of usage is in the list twice.
    UsageTwice,
    /// The seller has never heard of the instance.
    UsageOfUnknown,
}

impl Mistake {
    /// Mistakes about orders.
    pub(super) const OF_ORDERS: [Self; 14] = [
        Self::AmountDiffers,
        Self::UnknownOrder,
        Self::NamelessRow,
        Self::NotListed,
        Self::NotInBill,
        Self::NotPaid,
        Self::Twice,
        Self::RefundDiffers,
        Self::RefundNotListed,
        Self::RenewalRefundDiffers,
        Self::RenewalRefundNotListed,
        Self::RefundedButActive,
        Self::ActiveButUnpaid,
        Self::ReleasedButBilled,
    ];
    /// Mistakes about usage.
    pub(super) const OF_USAGE: [Self; 3] = [Self::UsageDiffers, Self::UsageTwice, Self::UsageOfUnknown];

    /// The word of the comparison for it.
    pub(super) const fn is_found_as(self) -> &'static str {
        match self {
            Self::AmountDiffers | Self::RefundDiffers | Self::RenewalRefundDiffers => "amount-differs",
            Self::UnknownOrder | Self::NamelessRow | Self::UsageOfUnknown => "in-statement-only",
            Self::NotListed | Self::NotInBill => "overdue:bill",
            Self::NotPaid => "overdue:payment",
            Self::Twice | Self::UsageTwice => "duplicate",
            Self::RefundNotListed | Self::RenewalRefundNotListed => "overdue:refund",
            Self::RefundedButActive => "refunded-but-active",
            Self::ActiveButUnpaid => "active-but-unpaid",
            Self::ReleasedButBilled => "released-but-billed",
            Self::UsageDiffers => "usage-differs",
        }
    }
}
