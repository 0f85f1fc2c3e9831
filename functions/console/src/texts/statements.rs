//! Statements that are imported: the form, the mapping, and why a file is refused.

use koogallery_runtime::Language;
use koogallery_statements::{BillKind, Column, Limit, Problem, ReadError, StatementKind};
use koogallery_waiting::{either, filled};

use super::{Says, texts};

texts! {
    /// What the pages of statements say.
    Statements {
        Title: "账单导入", "Statement";
        Import: "导入账单", "Import a statement";
        ImportHelp: "卖家中心导出的交易明细、账单或话单，CSV 或 XLSX，最大 4 MB。更大的文件请用 `koogallery orders import FILE` 导入。客户信息不会保存。", "Transaction details, a bill or usage as Seller Console exports them, CSV or XLSX, up to 4 MB. Import a larger file by `koogallery orders import FILE`. Nothing of the customer is kept.";
        File: "文件", "File";
        Part: "文件只包含该月的一部分（设置了筛选条件）", "The file has only a part of its months: a filter was set";
        Scope: "范围", "Scope";
        Confirm: "“{}”的表头首次出现：请核对每一列的含义。确认一次即可，之后同样表头的文件直接导入。此前不会保存任何内容。", "The titles of “{}” are new: check what each column is. You confirm it once; files with the same titles are then imported at once. Nothing is kept before.";
        Sheet: "工作表 {}，表头在第 {} 行", "Sheet {}, titles in row {}";
        Kind: "类型", "Kind";
        Currency: "币种", "Currency";
        AmountsIn: "未写明币种的金额的币种", "Currency of amounts that name none";
        Missing: "没有找到：{}", "No title stands for: {}";
        Ambiguous: "多个表头可能是“{}”：{}；采用第一个。", "Several titles stand for “{}”: {}. The first one is taken.";
        Unknown: "不识别、不保存的列：{}", "Not understood, and not kept: {}";
        Sums: "合计", "Sums";
        Rows: "共 {} 行。", "{} rows.";
        Again: "确认并导入", "Confirm, and import";
        ConfirmAndImport: "确认各列并导入所选文件", "Confirm the columns, and import the chosen file";
        Count: "行数", "Rows";
        List: "折扣前", "List";
        Customer: "客户消费", "Customer";
        Deal: "成交", "Deal";
        Settlement: "结算", "Settlement";
        Fee: "平台费", "Fee";
        NoTotals: "文件没有合计行。", "The file has no line of totals.";
        Agrees: "文件的 {} 个合计与各行之和一致。", "{} totals of the file are the sums of its rows.";
        Differs: "工作表 {}，第 {} 行，“{}”：文件写 {}，各行之和为 {}。", "Sheet {}, row {}, “{}”: the file says {}, and its rows add up to {}.";
        By: "导入人", "Imported by";
        Begun: "开始时间", "Begun";
        Finished: "完成时间", "Finished";
        NotFinished: "未完成：请再次选择同一文件，继续导入其余各行。", "Not finished: choose the same file again, and the other rows follow.";
        ToMoney: "查看对账", "To the comparison";
        InSheet: "工作表“{}”", "sheet “{}”";
        InRow: "第 {} 行", "row {}";
        InColumn: "“{}”列", "column “{}”";
    }
}

/// What a table is about.
pub(crate) const fn kind(language: Language, kind: StatementKind) -> &'static str {
    let (zh, en) = match kind {
        StatementKind::Transactions => ("交易明细", "transaction details"),
        StatementKind::Bill => ("账单", "a bill"),
        StatementKind::Usage => ("话单", "usage"),
        StatementKind::NotAStatement => ("不是账单：不导入这些行", "no statement: its rows are left out"),
    };
    either(language, zh, en)
}

/// A kind of bill.
pub(crate) const fn bill_kind(language: Language, kind: BillKind) -> &'static str {
    let (zh, en) = match kind {
        BillKind::Consumption => ("消费", "consumption"),
        BillKind::Refund => ("退款", "refund"),
        BillKind::Adjustment => ("调账", "adjustment"),
    };
    either(language, zh, en)
}

/// A column, by the word that most exports have for it.
pub(crate) const fn column(language: Language, column: Column) -> &'static str {
    let (zh, en) = match column {
        Column::OrderId => ("订单号", "Order"),
        Column::OriginalOrderId => ("原订单号", "Original order"),
        Column::OrderLineId => ("订单行号", "Order line"),
        Column::ProductId => ("商品 ID", "Product id"),
        Column::Product => ("商品名称", "Product"),
        Column::Sku => ("规格", "Specification"),
        Column::Month => ("账期", "Month"),
        Column::BillKind => ("账单类型", "Kind of bill"),
        Column::OrderType => ("订单类型", "Order type"),
        Column::ChargingMode => ("计费模式", "Charging mode"),
        Column::ListAmount => ("订单金额（折扣前）", "Amount before discount"),
        Column::CustomerAmount => ("客户消费金额", "Customer's amount"),
        Column::DealAmount => ("成交价", "Amount of the deal"),
        Column::SettlementAmount => ("结算金额", "Settlement amount"),
        Column::Currency => ("币种", "Currency"),
        Column::FeeRatio => ("运营管理费比例", "Fee ratio"),
        Column::Fee => ("运营管理费", "Fee"),
        Column::Split => ("成交价分成", "Share"),
        Column::Discount => ("折扣", "Discount"),
        Column::SettlementType => ("结算类型", "Settlement type"),
        Column::Supervision => ("服务监管状态", "Supervision"),
        Column::Repaid => ("还款状态", "Repaid"),
        Column::TradedOn => ("客户交易时间", "Traded on"),
        Column::AcceptedOn => ("验收时间", "Accepted on"),
        Column::EffectiveFrom => ("生效时间", "Effective from"),
        Column::SettledOn => ("结算时间", "Settled on"),
        Column::CustomerId => ("客户 ID（不保存）", "Customer's id (not kept)"),
        Column::CustomerName => ("客户名称（不保存）", "Customer's name (not kept)"),
        Column::CustomerAccount => ("客户账号（不保存）", "Customer's account (not kept)"),
        Column::Instance => ("实例 ID", "Instance"),
        Column::Begin => ("用量开始时间", "Usage begins"),
        Column::End => ("用量结束时间", "Usage ends"),
        Column::Quantity => ("用量", "Quantity"),
        Column::Serial => ("话单流水号", "Serial number"),
        Column::Status => ("状态", "Status"),
        Column::Reason => ("原因", "Reason"),
    };
    either(language, zh, en)
}

/// Why a file is refused, and where: never what a cell holds.
pub(crate) fn problem(language: Language, error: &ReadError) -> String {
    let mut at = Vec::new();
    at.extend(error.sheet.as_ref().map(|sheet| filled(Statements::InSheet.say(language), &[sheet])));
    at.extend(error.row.map(|row| filled(Statements::InRow.say(language), &[&row])));
    at.extend(error.column.as_ref().map(|column| filled(Statements::InColumn.say(language), &[column])));
    let (between, before) = if language == Language::Chinese { ("，", "：") } else { (", ", ": ") };
    let before = if at.is_empty() { "" } else { before };
    let what = match language {
        Language::Chinese => in_chinese(&error.problem),
        Language::English => error.problem.to_string(),
    };
    format!("{}{before}{what}", at.join(between))
}

fn in_chinese(problem: &Problem) -> String {
    let text = match problem {
        Problem::Empty => "文件是空的",
        Problem::OldWorkbook => "这是旧的 .xls 工作簿，或者有密码：请另存为没有密码的 .xlsx，或 CSV",
        Problem::WebPage => "这是网页（HTML），不是表格：请在电子表格中打开并另存为 .xlsx",
        Problem::NotAWorkbook => "这个 ZIP 不是 .xlsx 工作簿：请解压后导入其中的文件",
        Problem::Encoding => "文字编码既不是 UTF-8 也不是 GBK：请重新导出，或另存为 CSV UTF-8",
        Problem::Truncated => "文件不完整：请重新下载",
        Problem::Nul => "含有 NUL 字符：不是 CSV 文件",
        Problem::TooLarge(limit) => too_large(*limit),
        Problem::TooFewCells { has, titles } => {
            return format!("有 {has} 个单元格，而表头有 {titles} 个：文件被截断，或不是同一张表");
        }
        Problem::TooManyCells { has, titles } => {
            return format!("有 {has} 个单元格，而表头有 {titles} 个：可能有带逗号而未加引号的金额");
        }
        Problem::Order => "工作表的行或单元格顺序不正确：请在电子表格中保存后重试",
        Problem::Zip(_) | Problem::Unpack(_) | Problem::Xml(_) | Problem::Workbook(_) => "工作簿已损坏：请重新下载",
        Problem::Csv(_) => "不是 CSV 文件",
        Problem::NoTitles => "没有找到表头",
        Problem::NotConfirmed => "尚未确认各列的含义",
        Problem::Mapping(_) => "各列的选择不正确：需要订单号或实例 ID，以及至少一个金额或用量，且每列只能选一次",
        Problem::Amount(_) => "不是金额",
        Problem::Currency => "不识别此金额的币种",
        Problem::Day => "不是日期",
        Problem::Month => "不是月份",
        Problem::Formula => "公式没有值：请在电子表格中保存后重试",
        Problem::Stopped => "已停止",
    };
    text.to_owned()
}

const fn too_large(limit: Limit) -> &'static str {
    match limit {
        Limit::Bytes => "文件太大：请用 `koogallery orders import` 导入",
        Limit::UnpackedBytes | Limit::Ratio | Limit::SharedTexts => {
            "文件解压后太大：请用 `koogallery orders import` 导入"
        }
        Limit::Sheets => "工作表太多",
        Limit::Rows => "行数太多：请导出较短的时间，或用 `koogallery orders import` 导入",
        Limit::Columns => "列数太多",
        Limit::CellBytes => "单元格的文字太长",
        Limit::MergedCells => "合并的单元格太多",
        Limit::Entries => "ZIP 中的文件太多",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_file_is_told_with_the_row_in_both_languages() {
        let error = |row, column: Option<&str>, problem| ReadError {
            sheet: Some("1月".to_owned()),
            row,
            column: column.map(str::to_owned),
            problem,
        };
        let day = error(Some(7), Some("结算时间"), Problem::Day);
        assert_eq!(problem(Language::Chinese, &day), "工作表“1月”，第 7 行，“结算时间”列：不是日期");
        assert_eq!(problem(Language::English, &day), "sheet “1月”, row 7, column “结算时间”: this is no day");
        let whole = ReadError { sheet: None, row: None, column: None, problem: Problem::Empty };
        assert_eq!(problem(Language::Chinese, &whole), "文件是空的");
    }
}
