//! `koogallery orders import`, `match` and `explain`: statements of KooGallery, and their comparison with orders.

use std::fs;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use koogallery_runtime::now;
use koogallery_statements::{Calendar, Day, Digest, Mapping, Month, Names, Settings};

use super::progress::Progress;
use super::{Done, Failure, Person};
use crate::api::Api;
use crate::statements::{self, Compare, Import, ImportError, Proposed};

/// What to do with statements.
#[derive(Debug, Subcommand)]
pub(crate) enum Statements {
    /// Import statements that Seller Console exports: transaction details (交易明细), bills (账单), usage (话单), as CSV or XLSX.
    ///
    /// The file is read here, and its rows are kept by the seller API, without the customer. It shows which column is taken for what,
    /// and asks once for each form of table. The same file again adds nothing. Ends with 1 if a line of totals in a file is not the sum
    /// of its rows.
    Import {
        /// The files.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// A file with a mapping, or a list of them, as JSON like `{"titles":"…","kind":"bill","columns":{"orderId":0},"currency":"CNY"}`.
        #[arg(long, value_name = "FILE")]
        mapping: Option<PathBuf>,
        /// Confirm the mappings that are shown, without a question.
        #[arg(long)]
        confirm: bool,
        /// The files have only a part of their months: a filter was set, or they are of one product type.
        #[arg(long)]
        part: bool,
        /// A file with further titles and words, as JSON like `{"columns":{"orderId":["…"]}}`.
        #[arg(long, value_name = "FILE")]
        names: Option<PathBuf>,
        #[command(flatten)]
        person: Person,
    },
    /// Compare the imported statements with the orders that the seller API knows. Ends with 1 if something differs and nobody explained it.
    ///
    /// What was found is kept, and shown by `GET /v1/findings`.
    Match {
        /// Only this month of Beijing, such as 2025-11 [default: all months since the first statement].
        #[arg(long, value_name = "MONTH", value_parser = month)]
        month: Option<Month>,
        /// A file with working days, as JSON like shared/statements/data/calendar.json [default: China's, as far as they are announced].
        #[arg(long, value_name = "FILE")]
        calendar: Option<PathBuf>,
        /// Print JSON.
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// Print CSV, with the orders that agree. No cell is a formula.
        #[arg(long)]
        csv: bool,
        #[command(flatten)]
        person: Person,
    },
    /// Say why a finding is all right. It holds as long as the amounts of the finding stay as they are.
    Explain {
        /// The finding's id, as `match` shows it.
        #[arg(value_name = "FINDING")]
        finding: Digest,
        /// Why, without personal data.
        #[arg(long, value_name = "TEXT")]
        note: String,
        #[command(flatten)]
        person: Person,
    },
}

fn month(given: &str) -> Result<Month, String> {
    given.parse().map_err(|error: koogallery_statements::MonthError| error.to_string())
}

impl Statements {
    /// Imports, compares or explains.
    #[allow(clippy::print_stdout)]
    pub(crate) async fn run(self, api: &Api) -> Done {
        match self {
            Self::Import { files, mapping, confirm, part, names, person } => {
                let names = self::names(names.as_deref())?;
                let written = mapping.as_deref().map(mappings).transpose()?.unwrap_or_default();
                let by = person.name();
                let import = Import { api, names: &names, written: &written, is_part: part, by: by.as_deref() };
                let mut ended = ExitCode::SUCCESS;
                for file in &files {
                    if !self::import(&import, file, confirm).await? {
                        ended = ExitCode::FAILURE;
                    }
                }
                Ok(ended)
            }
            Self::Match { month, calendar, json, csv, person } => {
                let calendar = match calendar {
                    Some(file) => Calendar::from_json(&text(&file)?)
                        .map_err(|error| format!("{} is no calendar: {error}", file.display()))?,
                    None => Calendar::china()?,
                };
                let today =
                    Day::in_beijing(now().as_millis()).ok_or("the clock of this machine is outside the calendar")?;
                let settings = Settings::default();
                let compare = Compare { api, month, calendar: &calendar, settings: &settings, today };
                let progress = Progress::new(json || csv);
                let compared = compare.run(|what| progress.show(&["reading", what])).await?;
                progress.clear();
                statements::keep(api, &compared, person.name().as_deref()).await?;
                match (json, csv) {
                    (true, _) => println!("{:#}", compared.json()),
                    (_, true) => statements::write_csv(&compared, std::io::stdout().lock())?,
                    _ => print!("{compared}"),
                }
                Ok(if compared.is_settled() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            Self::Explain { finding, note, person } => {
                let kept = statements::explain(api, &finding, &note, person.name().as_deref()).await?;
                println!(
                    "{} is explained by {}",
                    kept["finding"].as_str().unwrap_or_default(),
                    kept["by"].as_str().unwrap_or_default()
                );
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// Imports a file, and says what it adds up to. False if a line of totals is another sum.
#[allow(clippy::print_stdout)]
async fn import(import: &Import<'_>, file: &Path, confirmed: bool) -> Result<bool, Failure> {
    let shown = file.display();
    let bytes = fs::read(file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let progress = Progress::new(false);
    let confirm = |table: &_, mapping: &Mapping| {
        print!("{shown}, {}", Proposed(table, mapping));
        confirmed
            || asked(&format!(
                "Is that right? Its mapping is then used for all files with these titles ({}). [y/N] ",
                mapping.titles
            ))
    };
    let sent = |sent: usize, all: usize| progress.show(&[&name, &format!("{sent} of {all} rows")]);
    let imported = import.file(&name, &bytes, confirm, sent).await;
    progress.clear();
    let imported = imported.map_err(|error| -> Failure {
        match error {
            ImportError::Api(error) => error.into(),
            other => format!("{shown}: {other}").into(),
        }
    })?;
    print!("{imported}");
    Ok(imported.differing.is_empty())
}

/// Asks a person. Where nobody can answer, the answer is no.
#[allow(clippy::print_stdout)]
fn asked(question: &str) -> bool {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return false;
    }
    print!("{question}");
    let mut answer = String::new();
    let read = std::io::stdout().flush().and_then(|()| stdin.read_line(&mut answer));
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// The titles and words that are known, and those of a file.
pub(super) fn names(file: Option<&Path>) -> Result<Names, Failure> {
    let known = Names::known()?;
    let Some(file) = file else { return Ok(known) };
    let extended = known.extended(&text(file)?);
    Ok(extended.map_err(|error| format!("{} has no names that can be used: {error}", file.display()))?)
}

fn text(file: &Path) -> Result<String, Failure> {
    Ok(fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?)
}

/// One mapping, or a list of them.
fn mappings(file: &Path) -> Result<Vec<Mapping>, Failure> {
    let text = text(file)?;
    let wrong = |error: serde_json::Error| format!("{} has no mapping: {error}", file.display());
    if text.trim_start().starts_with('[') {
        return Ok(serde_json::from_str(&text).map_err(wrong)?);
    }
    Ok(vec![serde_json::from_str(&text).map_err(wrong)?])
}
