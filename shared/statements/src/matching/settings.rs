//! When money is due. KooGallery's guide says it, and sellers' contracts may say otherwise, so it can be set.

use rust_decimal::Decimal;

/// The rules by which days are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The day of the next month on which a month's bill comes, or the first working day after it.
    pub bill_day: u8,
    /// So many working days after that, an order that is missing in the bill is overdue.
    pub bill_grace_working_days: u32,
    /// So many working days after the bill, the seller has its money and customers who pay later have paid.
    pub payment_working_days: u32,
    /// So many days after a refund, the instance has to be released.
    pub release_grace_days: u32,
    /// Products of one type are billed when all their amounts reach this sum, in CNY. None: at once.
    pub threshold: Option<Decimal>,
    /// Whether what the customer consumed (客户消费金额) is the amount of the deal, where a table has no other amount. It is not, where
    /// customers pay with vouchers.
    pub customer_amount_is_deal: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bill_day: 3,
            bill_grace_working_days: 5,
            payment_working_days: 30,
            release_grace_days: 1,
            threshold: Some(Decimal::ONE_THOUSAND),
            customer_amount_is_deal: false,
        }
    }
}
