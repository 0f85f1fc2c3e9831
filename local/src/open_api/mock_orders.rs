//! The test orders that the order query answers for every seller. Debug callbacks carry them.

use std::time::Duration;

use koogallery::{ExpireTime, ProductInfo, TextError, Timestamp};
use koogallery_open_api::{BuyerInfo, ChargingMode, OrderInfo, OrderLine, OrderType, SentTime};

const DAY: Duration = Duration::from_hours(24);

/// Spelled as KooGallery does. The guide names them and does not show them: each holds what fits its name.
const ORDERS: [(&str, OrderType, ChargingMode, Period); 9] = [
    ("MOCKPERIODYEARNEW", OrderType::New, ChargingMode::Period, Some(("year", 365))),
    ("MOCKONETIMENEW", OrderType::New, ChargingMode::OneTime, None),
    ("MOCKONDEMAND", OrderType::New, ChargingMode::OnDemand, None),
    ("MOCKONDEMANDPKG", OrderType::New, ChargingMode::OnDemandPkg, None),
    ("MOCKPERIODDAYTRIAL", OrderType::Trial, ChargingMode::Period, Some(("day", 1))),
    ("MOCKMONTYTRIALTOFORMAL", OrderType::TrialToFormal, ChargingMode::Period, MONTH),
    ("MOCKMONTYUNSUBSCRIBE", OrderType::Unsubscribe, ChargingMode::Period, MONTH),
    ("MOCKMONTYRENEW", OrderType::Renew, ChargingMode::Period, MONTH),
    ("MOCKMONTYCHANGE", OrderType::Change, ChargingMode::Period, MONTH),
];

/// `periodType`, and its length in days. One of them was bought.
type Period = Option<(&'static str, u32)>;
const MONTH: Period = Some(("month", 30));

/// All of them, made `now`.
pub(super) fn mock_orders(now: Timestamp) -> impl Iterator<Item = OrderInfo> {
    ORDERS.into_iter().map(move |(id, order_type, charging_mode, period)| OrderInfo {
        order_id: made(id.parse()),
        create_time: time(now),
        currency: None,
        currency_after_discount: None,
        order_lines: vec![OrderLine {
            order_line_id: made(format!("{id}-000001").parse()),
            charging_mode: Some(charging_mode),
            // A refund has no amount of its own, and a negative one of the deal.
            currency: (order_type != OrderType::Unsubscribe).then(|| "100.00".to_owned()),
            currency_after_discount: Some(
                if order_type == OrderType::Unsubscribe { "-90.00" } else { "90.00" }.to_owned(),
            ),
            expire_time: period.and_then(|(_, days)| match order_type {
                OrderType::Unsubscribe => time(now),
                _ => time(now.saturating_add(DAY * days)),
            }),
            period_type: period.map(|(unit, _)| unit.to_owned()),
            period_number: period.map(|_| 1),
            product_info: vec![ProductInfo {
                product_id: Some(made("00301-666666-0--0".parse())),
                sku_code: Some(made("mock-sku".parse())),
                linear_value: Some(1.0),
                ..ProductInfo::default()
            }],
            extend_params: Vec::new(),
        }],
        order_type,
        buyer_info: Some(BuyerInfo {
            customer_id: Some("mock-customer".to_owned().into()),
            customer_name: Some("mock customer".to_owned().into()),
            user_id: Some("mock-user".to_owned().into()),
            user_name: Some("mock user".to_owned().into()),
            mobile_phone: None,
            email: Some("mock@example.com".to_owned().into()),
        }),
        extend_params: Vec::new(),
    })
}

fn time(at: Timestamp) -> Option<SentTime> {
    ExpireTime::from_timestamp(at).map(|time| time.to_string().into())
}

/// Ids made here are short and not empty.
fn made<T>(parsed: Result<T, TextError>) -> T {
    parsed.unwrap_or_else(|error| unreachable!("{error}"))
}
