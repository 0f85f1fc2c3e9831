//! Files as people import them: encodings, line ends, quotes, numbers, days, merged cells, totals.
#![allow(clippy::unwrap_used)]

mod support;

use koogallery_statements::{
    BillKind, Column, Currency, Mapping, Month, OrderKind, Repayment, Skipped, StatementKind, StatementRow, Supervision,
};
use rust_decimal::Decimal;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use support::{look, read_it, read_with};

const TITLES: &str =
    "订单号,原订单号,账期,账单类型,订单类型,商品名称,成交价,结算金额(元),运营管理费比例,服务监管状态,还款状态,备注";
const ROWS: &str = "CS2511230001,,2025-11,消费,新订,\"安全, 大\n师\",\"1,200.10\",\"1,080.09\",10%,已完成,已还款,=1+1\n\
    CS2511230002,CS2511230001,202511,退款,退订,安全,(1200.10),-1080.09,-,不涉及,--,\n";

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn deal(row: &StatementRow) -> Option<Decimal> {
    row.amounts.deal.map(|money| money.amount)
}

#[test]
fn a_table_is_read_in_each_encoding_and_with_each_line_end() {
    let text = format!("{TITLES}\n{ROWS}");
    let (gbk, ..) = encoding_rs::GBK.encode(&text);
    let crlf = text.replace("\n师", "\r师").replace('\n', "\r\n").replace("\r师", "\n师");
    let no_thousands = text.replace("\"1,200.10\",\"1,080.09\"", "1200.10,1080.09");
    let letters = no_thousands.replace(',', "\t");
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(letters.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let semicolons = no_thousands.replace(',', ";");
    let files: [(&str, Vec<u8>); 6] = [
        ("UTF-8", text.clone().into_bytes()),
        ("BOM", format!("\u{feff}{text}").into_bytes()),
        ("GBK", gbk.into_owned()),
        ("CRLF", crlf.into_bytes()),
        ("semicolons", semicolons.into_bytes()),
        ("UTF-16 with tabs", utf_16),
    ];
    for (what, bytes) in files {
        let statement = read_it(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        let [first, second] = &statement.rows[..] else { panic!("{what}: {:?}", statement.rows) };
        assert_eq!((first.place.row, second.place.row), (2, 4), "{what}: the line in which each begins");
        assert_eq!(first.order_id.as_deref(), Some("CS2511230001"), "{what}");
        assert_eq!(deal(first), Some(decimal("1200.10")), "{what}");
        assert_eq!(deal(second), Some(decimal("-1200.10")), "{what}: brackets are a minus");
        assert_eq!(first.amounts.settlement.unwrap().currency, Some(Currency::CNY), "{what}: the title says it");
        assert_eq!(first.amounts.deal.unwrap().currency, None, "{what}: nothing says it");
        assert_eq!((first.month, second.month), (Month::new(2025, 11), Month::new(2025, 11)), "{what}");
        assert_eq!(
            (first.bill_kind, first.order_kind),
            (Some(BillKind::Consumption), Some(OrderKind::Purchase)),
            "{what}"
        );
        assert_eq!((second.bill_kind, second.order_kind), (Some(BillKind::Refund), Some(OrderKind::Refund)), "{what}");
        assert_eq!(second.original_order_id.as_deref(), Some("CS2511230001"), "{what}");
        let ratio = first.fee_ratio.as_ref().unwrap();
        assert_eq!((ratio.text.as_str(), ratio.value), ("10%", Some(decimal("0.1"))), "{what}");
        assert_eq!(second.fee_ratio, None, "{what}: a dash is none");
        assert_eq!(
            (&first.supervision, &first.repayment),
            (&Some(Supervision::Completed), &Some(Repayment::Repaid)),
            "{what}"
        );
        assert_eq!(
            (&second.supervision, &second.repayment),
            (&Some(Supervision::NotSupervised), &Some(Repayment::NotNeeded)),
            "{what}"
        );
        assert_eq!(first.other.iter().collect::<Vec<_>>(), [("备注", "=1+1")], "{what}: a formula is a text");
        let product = first.product.as_deref().unwrap();
        assert!(
            product.starts_with("安全") && product.ends_with('师') && product.contains('\n'),
            "{what}: {product:?}"
        );
    }
}

#[test]
fn the_titles_say_what_is_known_unknown_missing_and_ambiguous() {
    let table = look(format!("交易明细\n{TITLES},成交金额\n").as_bytes()).unwrap().remove(0);
    assert_eq!((table.title_row, table.name), (2, None));
    let proposal = table.proposal;
    assert_eq!(proposal.mapping.kind, StatementKind::Transactions);
    assert_eq!(proposal.unknown, ["备注"]);
    assert_eq!(proposal.missing, []);
    assert_eq!(proposal.ambiguous, [(Column::DealAmount, vec!["成交价".to_owned(), "成交金额".to_owned()])]);
    assert_eq!(proposal.mapping.columns[&Column::DealAmount], 6);
    let reseller = "客户ID,账期,客户名称,客户账号名,伙伴ID,伙伴名称,伙伴账号名,账单类型,计费模式,应用名称,规格,订单号/交易号,原订单号,\
        客户交易时间,订单类型,订单周期数,订单周期单位,客户消费金额(USD),结算类型,伙伴结算折扣,结算金额(USD)\n\
        c,2025-11,n,a,p,pn,pa,消费,包周期,App,small,XVS12345678,,2025-11-03 10:00:00,新订,1,月,9.90,先票后款,90%,8.91\n";
    let table = look(reseller.as_bytes()).unwrap().remove(0);
    assert_eq!((table.proposal.mapping.kind, table.proposal.missing), (StatementKind::Bill, vec![Column::DealAmount]));
    assert_eq!(table.proposal.unknown, ["伙伴ID", "伙伴名称", "伙伴账号名", "订单周期数", "订单周期单位"]);
    let row = read_it(reseller.as_bytes()).unwrap().rows.remove(0);
    let customer = row.amounts.customer.unwrap();
    assert_eq!((customer.amount, customer.currency), (decimal("9.90"), "USD".parse().ok()));
    assert_eq!(row.discount.unwrap().value, Some(decimal("0.9")));
    assert!(!format!("{:?} {:?}", row.customer, row.other).contains("pn"), "personal data is in no debug output");
}

#[test]
fn order_ids_are_found_by_their_form_and_a_persons_mapping_is_what_counts() {
    let file = "Ref,Before,Paid\nCS2511230001-000001,,5\nCS2511230002-000001,CS2511230001,6\n";
    let table = look(file.as_bytes()).unwrap().remove(0);
    assert_eq!(table.proposal.by_form, [Column::OrderId, Column::OriginalOrderId]);
    let missing = read_it(file.as_bytes()).unwrap_err();
    assert!(missing.to_string().contains("no column with an amount"), "{missing}");
    let change = |mapping: &mut Mapping| {
        mapping.columns.insert(Column::DealAmount, 2);
        mapping.kind = StatementKind::Bill;
        mapping.currency = Some(Currency::CNY);
    };
    let rows = read_with(file.as_bytes(), change).unwrap().rows;
    assert_eq!(rows[0].order_id.as_deref(), Some("CS2511230001"));
    assert_eq!(rows[0].order_line_id.as_deref(), Some("CS2511230001-000001"));
    assert_eq!(rows[1].original_order_id.as_deref(), Some("CS2511230001"));
    assert_eq!(rows[1].amounts.deal.unwrap().currency, Some(Currency::CNY));
    // A mapping is kept as JSON, and is for these titles only.
    let mapping = &look(file.as_bytes()).unwrap().remove(0).proposal.mapping;
    let json = serde_json::to_string(mapping).unwrap();
    assert_eq!(&serde_json::from_str::<Mapping>(&json).unwrap(), mapping);
    let error =
        read_with(file.as_bytes(), |mapping| mapping.titles = koogallery_statements::Digest::of(b"")).unwrap_err();
    assert!(error.to_string().contains("nobody has confirmed"), "{error}");
    let error = read_with(file.as_bytes(), |mapping| _ = mapping.columns.insert(Column::DealAmount, 9)).unwrap_err();
    assert!(error.to_string().contains("place 9"), "{error}");
}

#[test]
fn lines_of_totals_are_compared_and_are_no_rows() {
    let file = "订单号,成交价,账期\nCS2511230001,1.10,2025-11\nCS2511230002,2.20,2025-11\n合计：,3.30,\n\
        订单号,成交价,账期\nCS2511230003,4,2025-11\n小计,4,\n总计,\"7.31\",\n说明：金额含税,,\n";
    let statement = read_it(file.as_bytes()).unwrap();
    assert_eq!(statement.rows.len(), 3);
    let checks: Vec<_> =
        statement.checks.iter().map(|check| (check.row, check.stated, check.sum, check.agrees())).collect();
    let expected = [(4, decimal("3.30"), decimal("3.30"), true), (8, decimal("7.31"), decimal("7.30"), false)];
    assert_eq!(checks, expected);
    let skipped = [Skipped::Total(4), Skipped::Titles(5), Skipped::Subtotal(7), Skipped::Total(8), Skipped::Note(9)];
    assert_eq!(statement.sheets[0].skipped, skipped);
    let totals = &statement.totals[&(None, None)];
    assert_eq!((totals.rows, totals.deal), (3, decimal("7.30")));
}

#[test]
fn the_same_file_has_the_same_digest_and_the_same_rows() {
    let file = format!("{TITLES}\n{ROWS}");
    let (first, second) = (read_it(file.as_bytes()).unwrap(), read_it(file.as_bytes()).unwrap());
    assert_eq!((first.file, &first.rows), (second.file, &second.rows));
    assert_ne!(first.file, read_it(format!("{file}\n").as_bytes()).unwrap().file);
    let json = serde_json::to_string(&first.rows).unwrap();
    assert_eq!(serde_json::from_str::<Vec<StatementRow>>(&json).unwrap(), first.rows, "rows are stored as JSON");
}

#[test]
fn a_workbook_of_a_spreadsheet_is_read_as_it_shows() {
    let mut book = Workbook::new();
    let days = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    let months = Format::new().set_num_format("yyyy-mm");
    let sheet = book.add_worksheet().set_name("SaaS").unwrap();
    sheet.merge_range(0, 0, 0, 5, "交易明细", &Format::new()).unwrap();
    sheet.write_row(1, 0, ["订单号", "账期", "成交价", "客户交易时间", "备注", "商品名称"]).unwrap();
    sheet.merge_range(2, 0, 3, 0, "CS2511230001", &Format::new()).unwrap();
    sheet.merge_range(2, 2, 3, 2, "", &Format::new()).unwrap();
    sheet.write_number(2, 2, 0.1 + 0.2).unwrap();
    sheet.write_with_format(2, 1, ExcelDateTime::parse_from_str("2025-11-01").unwrap(), &months).unwrap();
    sheet.write_with_format(2, 3, ExcelDateTime::parse_from_str("2025-11-23T10:30:00").unwrap(), &days).unwrap();
    sheet.write_string(2, 4, "=HYPERLINK(\"http://x\")").unwrap();
    sheet.write_string(3, 1, "2025-11").unwrap();
    sheet.write_number(3, 3, 45_985.0).unwrap();
    sheet.write_formula(3, 4, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_string(3, 5, "a<b>&\"c\"").unwrap();
    sheet.write_row(4, 0, ["合计"]).unwrap();
    sheet.write_formula(4, 2, Formula::new("=SUM(C3:C4)").set_result("0.3")).unwrap();
    book.add_worksheet().set_name("secret").unwrap().set_hidden(true).write_row(0, 0, ["订单号", "成交价"]).unwrap();
    book.add_worksheet().set_name("empty").unwrap();
    let bytes = book.save_to_buffer().unwrap();

    let statement = read_it(&bytes).unwrap();
    let [first, second] = &statement.rows[..] else { panic!("{:?}", statement.rows) };
    assert_eq!((first.place.row, first.place.sheet, second.place.row), (3, 0, 4));
    assert_eq!(second.order_id.as_deref(), Some("CS2511230001"), "a merged order is of both rows");
    assert_eq!((deal(first), deal(second)), (Some(decimal("0.3")), None), "a merged amount counts once");
    assert_eq!((first.month, second.month), (Month::new(2025, 11), Month::new(2025, 11)));
    assert_eq!((first.traded_on, second.traded_on), ("2025-11-23".parse().ok(), "2025-11-24".parse().ok()));
    assert_eq!(first.other.iter().collect::<Vec<_>>(), [("备注", "=HYPERLINK(\"http://x\")")]);
    assert_eq!(second.other.iter().collect::<Vec<_>>(), [("备注", "2")], "what the spreadsheet stored is taken");
    assert_eq!(second.product.as_deref(), Some("a<b>&\"c\""));
    assert!(statement.checks.len() == 1 && statement.checks[0].agrees());
    let of = |name: &str| statement.sheets.iter().find(|sheet| sheet.name.as_deref() == Some(name)).unwrap();
    assert_eq!((of("SaaS").rows, &of("SaaS").skipped[..]), (2, &[Skipped::BeforeTitles(1), Skipped::Total(5)][..]));
    assert_eq!(
        (&of("secret").skipped[..], &of("empty").skipped[..]),
        (&[Skipped::Hidden][..], &[Skipped::NoTitles][..])
    );
}

#[test]
fn titles_over_two_rows_are_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 1, 0, "订单号", &Format::new()).unwrap();
    sheet.merge_range(0, 1, 0, 2, "金额", &Format::new()).unwrap();
    sheet.write_row(1, 1, ["原价", "成交价"]).unwrap();
    sheet.write_string(2, 0, "CS2511230001").unwrap();
    sheet.write_row(2, 1, [3.0, 2.5]).unwrap();
    let rows = read_it(&book.save_to_buffer().unwrap()).unwrap().rows;
    assert_eq!((rows[0].amounts.list.unwrap().amount, deal(&rows[0])), (decimal("3"), Some(decimal("2.5"))));
}

#[test]
fn usage_is_read_and_a_refused_record_is_known() {
    let file = "实例ID,话单流水号,开始时间,话单用量,话单状态,异常原因\ni-1,sn-1,2025-11-30 23:00:00,1.5000,正常,\n\
        i-1,sn-2,2025-11-30T16:00:00Z,2,异常,实例不存在\n";
    assert_eq!(look(file.as_bytes()).unwrap()[0].proposal.mapping.kind, StatementKind::Usage);
    let rows = read_it(file.as_bytes()).unwrap().rows;
    let usage: Vec<_> = rows.iter().map(|row| row.usage.as_deref().unwrap()).collect();
    assert_eq!((usage[0].quantity, usage[0].refused), (Some(decimal("1.5")), false));
    assert_eq!((usage[1].begin_on, usage[1].refused), ("2025-12-01".parse().ok(), true), "the day is that of Beijing");
    assert_eq!(usage[1].reason.as_deref(), Some("实例不存在"));
}
