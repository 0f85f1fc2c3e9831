//! Measures how a large file is read: `large write 200000 FILE` makes one (.csv or .xlsx), `large read FILE` reads it and prints the
//! time and the most memory that the process had.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use koogallery_statements::{Limits, Mapping, Names, Reading, inspect, read};
use rust_xlsxwriter::Workbook;

const TITLES: [&str; 22] = [
    "客户ID",
    "账期",
    "客户名称",
    "客户账号名",
    "伙伴ID",
    "伙伴名称",
    "账单类型",
    "计费模式",
    "应用名称",
    "规格",
    "订单号/交易号",
    "原订单号",
    "客户交易时间",
    "订单类型",
    "订单周期数",
    "订单周期单位",
    "客户消费金额(USD)",
    "成交价",
    "结算类型",
    "伙伴结算折扣",
    "结算金额(USD)",
    "服务监管状态",
];

fn row(number: usize) -> [String; 22] {
    let amount = format!("{}.{:02}", 1000 + number % 90_000, number % 100);
    [
        format!("customer-{:08}", number % 20_000),
        "2025-11".to_owned(),
        format!("客户有限公司{}", number % 20_000),
        format!("account_{}", number % 20_000),
        "partner-0001".to_owned(),
        "伙伴科技有限公司".to_owned(),
        "消费".to_owned(),
        "包周期".to_owned(),
        format!("应用软件{}", number % 50),
        format!("规格-{}", number % 7),
        format!("CS2511{number:010}"),
        String::new(),
        "2025-11-03 10:00:00".to_owned(),
        "新订".to_owned(),
        "1".to_owned(),
        "年".to_owned(),
        amount.clone(),
        amount.clone(),
        "先票后款".to_owned(),
        "90%".to_owned(),
        amount,
        "已完成".to_owned(),
    ]
}

fn write(rows: usize, path: &Path) -> Result<(), Box<dyn Error>> {
    if path.extension().is_some_and(|kind| kind == "xlsx") {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, TITLES)?;
        for number in 1..=rows {
            for (column, text) in (0_u16..).zip(row(number)) {
                match text.parse::<f64>() {
                    Ok(amount) => sheet.write_number(u32::try_from(number)?, column, amount)?,
                    Err(_) => sheet.write_string(u32::try_from(number)?, column, text)?,
                };
            }
        }
        book.save(path)?;
    } else {
        let mut text = TITLES.join(",");
        for number in 1..=rows {
            write!(text, "\n{}", row(number).join(","))?;
        }
        std::fs::write(path, text + "\n")?;
    }
    Ok(())
}

fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let bytes = std::fs::read(path)?;
    let (names, limits) = (Names::known()?, Limits::default());
    let mappings: Vec<Mapping> =
        inspect(&bytes, &names, &limits)?.into_iter().map(|table| table.proposal.mapping).collect();
    let reading = Reading { names: &names, mappings: &mappings, limits: &limits };
    let statement = read(&bytes, &reading, |_| ControlFlow::Continue(()))?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!("{} rows of {} bytes in {:.2?}; {memory}", statement.rows.len(), bytes.len(), start.elapsed());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", rows, path] => write(rows.parse()?, Path::new(path)),
        ["read", path] => measure(Path::new(path)),
        _ => Err("usage: large write ROWS FILE, or large read FILE".into()),
    }
}
