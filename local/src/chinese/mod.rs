//! The command line in Chinese: its help, and what it says where it cannot go on. The locale decides.
//!
//! So is why a command failed, as far as that is said here. What a command prints of its own stays in English, as do log lines and JSON:
//! programs and search engines know them so.

mod failures;
mod texts;

use std::collections::HashMap;
use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use koogallery_runtime::{Environment, Language};

/// The language of the terminal: that of `LC_ALL`, `LC_MESSAGES` or `LANG`, whichever is set first, as POSIX has it.
#[must_use]
pub(crate) fn language(environment: &Environment) -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| environment.get(name));
    match set {
        Some(locale) if locale.to_ascii_lowercase().starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
}

/// The command with its help in Chinese, and that of all its subcommands.
#[must_use]
pub(crate) fn translated(mut command: Command) -> Command {
    // The options and the command that clap adds itself are there after this.
    command.build();
    let texts: HashMap<&str, &'static str> = texts::TEXTS.iter().chain(OF_CLAP).copied().collect();
    in_chinese(command, &texts)
}

/// Texts of clap itself.
const OF_CLAP: &[(&str, &str)] = &[
    ("Print help", "输出帮助"),
    ("Print help (see more with '--help')", "输出帮助（更多内容见 --help）"),
    ("Print help (see a summary with '-h')", "输出帮助（摘要见 -h）"),
    ("Print version", "输出版本"),
    ("Print this message or the help of the given subcommand(s)", "输出本帮助或某个子命令的帮助"),
];

fn in_chinese(command: Command, texts: &HashMap<&str, &'static str>) -> Command {
    let text = |english: Option<String>| english.and_then(|english| texts.get(&*english).copied());
    let about = text(command.get_about().map(ToString::to_string));
    let command = command
        .subcommand_help_heading("命令")
        .help_template("{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}")
        .mut_subcommands(|command| in_chinese(command, texts))
        .mut_args(|arg| argument(arg, texts));
    match about {
        Some(about) => command.about(about).long_about(about),
        None => command,
    }
}

fn argument(arg: Arg, texts: &HashMap<&str, &'static str>) -> Arg {
    let heading = match arg.get_help_heading() {
        None if arg.is_positional() => "参数",
        None => "选项",
        Some("Which deployment") => "哪个部署",
        Some("Production") => "生产主机",
        Some(_) => "其他",
    };
    let help = arg.get_help().map(ToString::to_string).and_then(|english| texts.get(&*english).copied());
    let arg = arg.help_heading(heading);
    let Some(help) = help else { return arg };
    // What clap adds itself is in English.
    let values = arg.get_possible_values();
    let values = values.iter().filter(|value| !value.is_hide_set()).map(clap::builder::PossibleValue::get_name);
    let values: Vec<&str> = if arg.get_action().takes_values() { values.collect() } else { Vec::new() };
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| OsStr::to_string_lossy(value)).collect();
    let mut help = help.to_owned();
    for (label, told) in [("可用的值", values.join(", ")), ("默认", defaults.join(", "))] {
        if !told.is_empty() {
            help.extend([" [", label, "：", &told, "]"]);
        }
    }
    arg.help(help.clone()).long_help(help).hide_possible_values(true).hide_default_value(true)
}

/// Why a command could not do its work; none if that is not said in Chinese.
#[must_use]
pub(crate) fn failure(failure: &(dyn std::error::Error + 'static)) -> Option<String> {
    failures::text(failure)
}

/// What is wrong with the arguments, in Chinese; none for what is no mistake, such as help that was asked for.
#[must_use]
pub(crate) fn mistake(error: &Error) -> Option<String> {
    let context = |kind| error.get(kind).map(words).unwrap_or_default();
    let (argument, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let said = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 需要一个值"),
        ErrorKind::InvalidValue => format!("{argument} 的值 {value} 无效"),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(|why| format!("：{why}")).unwrap_or_default();
            format!("{argument} 的值 {value} 无法读取{why}")
        }
        ErrorKind::UnknownArgument => format!("没有 {argument} 这个参数"),
        ErrorKind::InvalidSubcommand => format!("没有 {} 这个命令", context(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("缺少参数：{argument}"),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        ErrorKind::ArgumentConflict => format!("{argument} 不能与 {} 一起使用", context(ContextKind::PriorArg)),
        ErrorKind::NoEquals => format!("{argument} 的值要写成 选项=值"),
        ErrorKind::TooManyValues => format!("{argument} 不接受更多的值：{value}"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("{argument} 的值的个数不对"),
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8".to_owned(),
        _ => error.to_string(),
    };
    let hint = |kind, begin: &str| {
        Some(words(error.get(kind)?)).filter(|hint| !hint.is_empty()).map(|hint| format!("{begin}{hint}\n"))
    };
    let hints = [
        hint(ContextKind::ValidValue, "可用的值："),
        hint(ContextKind::ValidSubcommand, "可用的命令："),
        hint(ContextKind::SuggestedArg, "是否想输入："),
        hint(ContextKind::SuggestedValue, "是否想输入："),
        hint(ContextKind::SuggestedSubcommand, "是否想输入："),
    ];
    let hints: String = hints.into_iter().flatten().collect();
    Some(format!("错误：{said}\n{hints}\n更多信息请用 --help\n"))
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Arguments;

    fn whole(command: &Command, found: &mut BTreeSet<String>) {
        found.extend(command.get_about().map(ToString::to_string));
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            found.extend(arg.get_help().map(ToString::to_string));
        }
        command.get_subcommands().for_each(|command| whole(command, found));
    }

    #[test]
    fn every_text_of_the_help_is_there_in_chinese() {
        let mut command = Arguments::command();
        command.build();
        let mut found = BTreeSet::new();
        whole(&command, &mut found);
        let known: BTreeSet<String> =
            texts::TEXTS.iter().chain(OF_CLAP).map(|(english, _)| (*english).to_owned()).collect();
        let missing: Vec<_> = found.difference(&known).collect();
        assert!(missing.is_empty(), "add to texts.rs: {missing:#?}");
        let of_clap = |text: &&String| !OF_CLAP.iter().any(|(english, _)| english == text);
        let stale: Vec<_> = known.difference(&found).filter(of_clap).collect();
        assert!(stale.is_empty(), "nothing says so any more: {stale:#?}");
        assert_eq!(known.len(), texts::TEXTS.len() + OF_CLAP.len(), "each once");
    }

    #[test]
    fn the_help_has_no_english_heading() {
        let mut command = translated(Arguments::command());
        let help = command.find_subcommand_mut("import").unwrap().render_long_help().to_string();
        assert!(help.contains("用法：") && help.contains("只说明导入会做什么") && help.contains("哪个部署:"), "{help}");
        let play = command.find_subcommand_mut("simulate").unwrap().render_long_help().to_string();
        assert!(play.contains("[可用的值：") && play.contains("[默认："), "{play}");
        for heading in ["Usage:", "Options:", "Arguments:", "Commands:", "Print help", "ossible values:", "[default:"] {
            assert!(!help.contains(heading) && !play.contains(heading), "{heading}: {help}{play}");
        }
    }

    #[test]
    fn a_mistake_is_told_in_chinese_and_help_is_no_mistake() {
        let said = |arguments: &[&str]| {
            let given = std::iter::once("koogallery").chain(arguments.iter().copied());
            mistake(&translated(Arguments::command()).try_get_matches_from(given).unwrap_err())
        };
        for (arguments, told) in [
            (&["serv"][..], "没有 serv 这个命令"),
            (&["import", "x.csv", "--dryrun"], "没有 --dryrun 这个参数"),
            (&["import"], "缺少参数：<FILE>"),
            (&["import", "x.csv", "--format", "xls"], "的值 xls 无效"),
            (&["keygen", "--port"], "没有 --port 这个参数"),
            (&["listen", "--port", "many"], "的值 many 无法读取"),
        ] {
            let said = said(arguments).unwrap();
            assert!(said.contains(told), "{arguments:?}: {said}");
        }
        assert!(said(&["import", "--help"]).is_none());
    }

    #[test]
    fn the_locale_decides() {
        let of = |pairs: &[(&str, &str)]| {
            language(&pairs.iter().fold(Environment::default(), |all, (name, value)| all.with(name, *value)))
        };
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Language::English);
        assert_eq!(of(&[]), Language::English);
    }
}
