//! Statements beside orders: what the last comparison of a month found.

use super::texts;

texts! {
    /// What the page of findings says.
    Money {
        Title: "对账", "Money";
        Month: "月份（北京时间）", "Month (Beijing)";
        Compared: "{} 于 {} 比较，共 {} 项。", "{} compared it on {}: {} findings.";
        NotCompared: "本月尚未比较：导入账单后运行 `koogallery orders match`。", "This month was not compared: import its statements, and run `koogallery orders match`.";
        Found: "发现", "Found";
        About: "对象", "About";
        Known: "商家已知", "Known here";
        Stated: "账单所列", "In the statement";
        Difference: "差额", "Difference";
        Less: "少 {}", "{} less";
        More: "多 {}", "{} more";
        TooLittle: "只看少付的", "Paid too little only";
        TooLittleInAll: "少付合计：{}（{} 项，包括已说明的）。", "Paid too little in all: {} in {} findings, also those that are explained.";
        NothingTooLittle: "没有少付的。", "Nothing was paid too little.";
        TooLittleCut: "发现很多：合计只包括前面的部分。", "There are many findings: the sum is of the first of them.";
        OfOrder: "与账单的比较", "Beside the statements";
        OfMonth: "{} 的对账", "Statements of {}";
        Day: "日期", "Day";
        Explanation: "说明", "Explanation";
        ExplainedBy: "{}（{}，{}）", "{} ({}, {})";
        Explain: "填写说明", "Explain it";
        Statements: "已导入的账单", "Imported statements";
        File: "文件", "File";
        Rows: "行数", "Rows";
        Imported: "导入时间", "Imported";
        NotFinished: "未完成", "not finished";
    }
}
