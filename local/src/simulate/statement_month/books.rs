//! KooGallery's own books of the month: what it sold, refunded and settled, and what Seller Console exports of that. Nothing in here
//! looks at what the seller keeps, so what has to be found is known independently of it.

use std::collections::BTreeSet;

use koogallery_open_api::UsageRecord;
use koogallery_statements::{Day, Month};
use rust_decimal::Decimal;
use serde_json::json;

use super::mistake::Mistake;

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is paid and settled.
    Settled,
    /// It is refunded, and the refund is settled.
    Refunded,
    /// Its customer has not accepted it.
    NotAccepted,
    /// It is in effect later.
    NotInEffect,
    /// Something of it is wrong in the statements.
    Wrong(Mistake),
}

/// An order of the month.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) order: String,
    /// The order that renews it, if one does.
    pub(super) renewal: String,
    /// The order that refunds it, or its renewal, if one does.
    pub(super) refund: String,
    pub(super) amount: Decimal,
    pub(super) ordered_on: Day,
    pub(super) fate: Fate,
}

impl Sale {
    /// Number `number` of the month.
    pub(super) fn new(month: Month, number: u32, fate: Fate) -> Self {
        let id = |number: u32| format!("CS{:02}{:02}{number:08}", month.year().rem_euclid(100), month.month());
        let day = u8::try_from(number % 27).unwrap_or_default();
        Self {
            order: id(number),
            renewal: id(80_000_000 + number),
            refund: id(90_000_000 + number),
            amount: Decimal::new(100_000 + 101 * i64::from(number), 2),
            // Clocks differ: an order of the last days may be in the bill of the next month.
            ordered_on: Day::in_month(month, 1 + day),
            fate,
        }
    }

    /// Whether the seller hears of it by a call.
    pub(super) const fn is_known(&self) -> bool {
        !matches!(self.fate, Fate::Wrong(Mistake::UnknownOrder | Mistake::NamelessRow))
    }

    /// Whether it is renewed, and the renewal refunded.
    pub(super) const fn is_renewed(&self) -> bool {
        matches!(self.fate, Fate::Wrong(Mistake::RenewalRefundDiffers | Mistake::RenewalRefundNotListed))
    }

    /// Whether its instance is released by a refund.
    pub(super) const fn is_refunded(&self) -> bool {
        matches!(self.fate, Fate::Refunded | Fate::Wrong(Mistake::RefundDiffers | Mistake::RefundNotListed))
    }

    /// Whether its instance is released without a refund.
    pub(super) const fn is_released(&self) -> bool {
        matches!(self.fate, Fate::Wrong(Mistake::ReleasedButBilled))
    }
}

/// A discrepancy: the comparison's word for it, and what it is about.
pub(super) type Discrepancy = (String, String);

/// A row of the bill or of the transaction details.
#[derive(Debug, Clone)]
struct Entry {
    order: String,
    original: String,
    /// 账单类型 and 订单类型.
    kind: [&'static str; 2],
    amount: Decimal,
    is_settled: bool,
    supervision: &'static str,
    repaid: &'static str,
    effective_from: Option<Day>,
}

impl Entry {
    fn of(sale: &Sale) -> Self {
        Self {
            order: sale.order.clone(),
            original: String::new(),
            kind: ["消费", "新订"],
            amount: sale.amount,
            is_settled: true,
            supervision: "不涉及",
            repaid: "不涉及",
            effective_from: None,
        }
    }

    fn renewing(sale: &Sale) -> Self {
        Self { order: sale.renewal.clone(), kind: ["消费", "续订"], ..Self::of(sale) }
    }

    fn refunding(sale: &Sale) -> Self {
        Self {
            order: sale.refund.clone(),
            original: if sale.is_renewed() { sale.renewal.clone() } else { sale.order.clone() },
            kind: ["退款", "退订"],
            amount: -sale.amount,
            ..Self::of(sale)
        }
    }
}

/// The books.
#[derive(Debug)]
pub(super) struct Books {
    month: Month,
    /// When instances were released, and when everything is exported.
    released_on: Day,
    today: Day,
    bill: Vec<Entry>,
    transactions: Vec<Entry>,
    /// Instance, serial number, beginning, end, amount.
    usage: Vec<[String; 5]>,
    /// What has to be found.
    pub(super) planted: BTreeSet<Discrepancy>,
}

/// So much later than the release, an order that is billed after it is in effect.
const DAYS_LATER: i64 = 5;

impl Books {
    pub(super) const fn new(month: Month, released_on: Day, today: Day) -> Self {
        Self {
            month,
            released_on,
            today,
            bill: Vec::new(),
            transactions: Vec::new(),
            usage: Vec::new(),
            planted: BTreeSet::new(),
        }
    }

    fn plant(&mut self, mistake: Mistake, about: impl Into<String>) {
        self.planted.insert((mistake.is_found_as().to_owned(), about.into()));
    }

    /// Enters an order, with what is wrong with it.
    pub(super) fn enter(&mut self, sale: &Sale) {
        let (entry, refund) = (Entry::of(sale), Entry::refunding(sale));
        let cent = Decimal::new(1, 2);
        match sale.fate {
            Fate::Settled => self.in_both(&entry),
            Fate::Refunded => {
                self.in_both(&entry);
                self.in_both(&refund);
            }
            Fate::NotAccepted => self.transactions.push(Entry { supervision: "处理中", ..entry }),
            Fate::NotInEffect => {
                let later = Some(self.today.plus_days(DAYS_LATER));
                self.transactions.push(Entry { effective_from: later, ..entry });
            }
            Fate::Wrong(mistake) => {
                let about = match mistake {
                    _ if sale.is_refunded() || sale.is_renewed() => sale.refund.clone(),
                    Mistake::NamelessRow => refund.amount.normalize().to_string(),
                    _ => sale.order.clone(),
                };
                if sale.is_renewed() {
                    self.in_both(&Entry::renewing(sale));
                }
                self.enter_wrong(mistake, entry, refund, cent);
                self.plant(mistake, about);
            }
        }
    }

    fn enter_wrong(&mut self, mistake: Mistake, entry: Entry, refund: Entry, cent: Decimal) {
        match mistake {
            Mistake::AmountDiffers => {
                self.bill.push(Entry { amount: entry.amount + cent, ..entry.clone() });
                self.transactions.push(entry);
            }
            Mistake::UnknownOrder | Mistake::RefundNotListed | Mistake::RenewalRefundNotListed => {
                self.in_both(&entry);
            }
            Mistake::NamelessRow => self.bill.push(Entry {
                order: String::new(),
                original: String::new(),
                kind: ["调账", "费用调账"],
                ..refund
            }),
            Mistake::NotInBill => self.transactions.push(entry),
            Mistake::NotPaid => {
                self.bill.push(Entry { is_settled: false, ..entry.clone() });
                self.transactions.push(entry);
            }
            Mistake::Twice => {
                self.bill.push(entry.clone());
                self.in_both(&entry);
            }
            Mistake::RefundDiffers | Mistake::RenewalRefundDiffers => {
                self.in_both(&entry);
                self.bill.push(Entry { amount: refund.amount + cent, ..refund.clone() });
                self.transactions.push(refund);
            }
            Mistake::RefundedButActive => {
                self.in_both(&entry);
                self.in_both(&refund);
            }
            Mistake::ActiveButUnpaid => self.transactions.push(Entry { repaid: "未还款", ..entry }),
            Mistake::ReleasedButBilled => {
                let later = Some(self.released_on.plus_days(DAYS_LATER));
                self.in_both(&Entry { effective_from: later, ..entry });
            }
            Mistake::NotListed | Mistake::UsageDiffers | Mistake::UsageTwice | Mistake::UsageOfUnknown => {}
        }
    }

    fn in_both(&mut self, entry: &Entry) {
        self.bill.push(entry.clone());
        self.transactions.push(entry.clone());
    }

    /// Enters a record of usage that the seller pushed, with what is wrong with it.
    pub(super) fn enter_usage(&mut self, record: &UsageRecord, mistake: Option<Mistake>) {
        let record = json!(record);
        let text = |name: &str| record[name].as_str().map_or_else(|| record[name].to_string(), str::to_owned);
        let row = ["instance_id", "metering_sn", "begin_time", "end_time", "usage_value"].map(text);
        let [instance, serial, begin, end, quantity] = row.clone();
        match mistake {
            None => self.usage.push(row),
            Some(mistake @ Mistake::UsageTwice) => {
                self.usage.extend([row.clone(), row]);
                self.plant(mistake, format!("{instance} {serial}"));
            }
            Some(mistake @ Mistake::UsageOfUnknown) => {
                let stranger = format!("stranger-{instance}");
                self.usage.push([stranger.clone(), format!("s{serial}"), begin, end, quantity]);
                self.usage.push(row);
                self.plant(mistake, stranger);
            }
            Some(mistake) => {
                self.usage.push([instance.clone(), serial, begin, end, format!("1{quantity}")]);
                self.plant(mistake, instance);
            }
        }
    }

    /// The files that Seller Console exports, by their names.
    pub(super) fn exports(&self) -> [(String, String); 3] {
        let month = self.month;
        let settled_on = self.today.plus_days(-DAYS_LATER).to_string();
        let bill = self.bill.iter().map(|entry| {
            let Entry { order, original, kind: [bill, kind], amount, .. } = entry;
            let settled_on = if entry.is_settled { settled_on.as_str() } else { "" };
            format!(
                "{order},{original},{month},{bill},{kind},包周期,{PRODUCT},{amount},{amount},{settled_on},{CUSTOMER}"
            )
        });
        let transactions = self.transactions.iter().map(|entry| {
            let Entry { order, original, kind: [bill, kind], amount, supervision, repaid, .. } = entry;
            let from = entry.effective_from.map(|day| day.to_string()).unwrap_or_default();
            format!(
                "{order},{original},{month},{bill},{kind},{PRODUCT},{amount},{supervision},{repaid},{from},{CUSTOMER}"
            )
        });
        let usage = self.usage.iter().map(|row| format!("{},正常", row.join(",")));
        [
            (format!("bill-{month}.csv"), table(BILL, bill)),
            (format!("transactions-{month}.csv"), table(TRANSACTIONS, transactions)),
            (format!("usage-{month}.csv"), table(USAGE, usage)),
        ]
    }
}

const PRODUCT: &str = "Simulated product";
const CUSTOMER: &str = "Example Buyer";
const BILL: &str = "订单号,原订单号,账期,账单类型,订单类型,计费模式,商品名称,成交价,结算金额(元),结算时间,客户名称";
const TRANSACTIONS: &str =
    "订单号,原订单号,账期,账单类型,订单类型,商品名称,成交价,服务监管状态,还款状态,生效时间,客户名称";
const USAGE: &str = "实例ID,话单流水号,开始时间,结束时间,用量,话单状态";

/// CSV as spreadsheets like it: UTF-8 with a mark, and lines that end with CR LF.
fn table(titles: &str, rows: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = std::iter::once(format!("\u{feff}{titles}")).chain(rows).collect();
    lines.join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_order_is_in_both_files_and_a_mistake_is_known() {
        let (month, day) = (Month::new(2025, 10).unwrap(), |text: &str| text.parse::<Day>().unwrap());
        let mut books = Books::new(month, day("2025-11-10"), day("2026-02-20"));
        books.enter(&Sale::new(month, 1, Fate::Settled));
        books.enter(&Sale::new(month, 2, Fate::Wrong(Mistake::NotInBill)));
        books.enter(&Sale::new(month, 3, Fate::Wrong(Mistake::AmountDiffers)));
        let [(name, bill), (_, transactions), _] = books.exports();
        assert_eq!(name, "bill-2025-10.csv");
        assert!(
            bill.contains("\r\nCS251000000001,,2025-10,消费,新订,包周期,Simulated product,1001.01,1001.01,"),
            "{bill}"
        );
        assert!(bill.contains("1003.04") && transactions.contains("1003.03") && !bill.contains("CS251000000002"));
        assert_eq!(transactions.lines().count(), 4);
        let planted = [("amount-differs", "CS251000000003"), ("overdue:bill", "CS251000000002")];
        assert_eq!(books.planted, planted.map(|(kind, about)| (kind.to_owned(), about.to_owned())).into());
    }
}
