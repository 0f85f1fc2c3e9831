//! A message: some lines, each with a link into the console, and how many more things there are. Each kind of destination writes it in
//! its own form, and within its own limit.

use std::collections::BTreeMap;

use koogallery::Timestamp;
use koogallery_runtime::Language;
use koogallery_waiting::{Kind, Zone, either, filled, length};

use crate::plan::{Entry, Mark};
use crate::settings::Settings;

/// At most so many things have a line of their own.
const LINES: usize = 20;
/// So many kinds of the others are named.
const KINDS: usize = 8;
/// A line is no longer.
const CHARACTERS: usize = 300;

/// What is told.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// One line. It contains `KooGallery`, which a robot may demand as its keyword.
    pub(crate) title: String,
    entries: Vec<Entry>,
    /// What is said where there are no entries.
    note: Option<&'static str>,
    language: Language,
    zone: Zone,
    now: Timestamp,
    console: Option<String>,
}

/// A line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// The address where something can be done, and what it is called.
    pub(crate) link: Option<(&'static str, String)>,
}

impl Message {
    /// Of what a destination is to be told.
    pub(crate) fn of(settings: &Settings, entries: Vec<Entry>, console: Option<&str>, now: Timestamp) -> Self {
        let language = settings.language;
        let mut counts: BTreeMap<Mark, usize> = BTreeMap::new();
        for entry in &entries {
            *counts.entry(entry.mark).or_default() += 1;
        }
        let part = |(mark, count): (&Mark, &usize)| match language {
            Language::Chinese => format!("{count} 项{}", mark.say(language)),
            Language::English => format!("{count} {}", mark.say(language)),
        };
        let parts: Vec<String> = counts.iter().map(part).collect();
        let title = format!("KooGallery{}{}", either(language, "：", ": "), parts.join(either(language, "，", ", ")));
        let (zone, console) = (settings.zone, console.map(str::to_owned));
        Self { title, entries, note: None, language, zone, now, console }
    }

    /// One that only shows that messages arrive.
    pub(crate) fn test(settings: &Settings, console: Option<&str>, now: Timestamp) -> Self {
        let language = settings.language;
        let title = either(language, "KooGallery：测试消息", "KooGallery: a test message").to_owned();
        let note = either(
            language,
            "此消息由 koogallery notify test 发送。待处理的事项会发到这里。",
            "koogallery notify test sent this. What waits for you is told here.",
        );
        let console = console.map(str::to_owned);
        Self { title, entries: Vec::new(), note: Some(note), language, zone: settings.zone, now, console }
    }

    /// The message as `write` makes it of title and lines, with as many lines as fit into so many bytes.
    pub(crate) fn within(&self, limit: usize, write: impl Fn(&[Line]) -> String) -> String {
        let most = self.entries.len().min(LINES);
        let written = (0..=most).rev().map(|lines| write(&self.lines(lines)));
        let mut last = String::new();
        for text in written {
            last = text;
            if last.len() <= limit {
                break;
            }
        }
        last
    }

    /// Its language.
    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// The message as text, for mail.
    pub(crate) fn text(&self, limit: usize) -> String {
        self.within(limit, |lines| {
            let line = |line: &Line| match &line.link {
                Some((_, link)) => format!("{}\n  {link}\n", line.text),
                None => format!("{}\n", line.text),
            };
            lines.iter().map(line).collect()
        })
    }

    /// So many things on a line each, the others by kind, and the way into the console.
    fn lines(&self, most: usize) -> Vec<Line> {
        let (shown, others) = self.entries.split_at(most);
        let mut lines: Vec<Line> = shown.iter().map(|entry| self.line(entry)).collect();
        let mut kinds: BTreeMap<(Mark, Kind), usize> = BTreeMap::new();
        for entry in others {
            *kinds.entry((entry.mark, entry.kind)).or_default() += 1;
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|((mark, _), count)| (*mark, std::cmp::Reverse(*count)));
        let without_link = |text| Line { text, link: None };
        lines.extend(self.note.map(|note| without_link(note.to_owned())));
        for ((mark, kind), count) in kinds.iter().take(KINDS) {
            let text = either(self.language, "另有 {} 项{}：{}", "and {} more, {}: {}");
            let (mark, kind) = (mark.say(self.language), kind.say(self.language));
            lines.push(without_link(filled(text, &[count, &mark, &kind])));
        }
        let unnamed: usize = kinds.iter().skip(KINDS).map(|(_, count)| count).sum();
        if unnamed > 0 {
            lines.push(without_link(filled(either(self.language, "其他 {} 项", "and {} others"), &[&unnamed])));
        }
        if let Some(console) = &self.console {
            let all = either(self.language, "打开控制台", "Open the console");
            let text = either(self.language, "全部待处理事项：", "All that waits:").to_owned();
            lines.push(Line { text, link: Some((all, address(console, "/"))) });
        }
        lines
    }

    fn line(&self, entry: &Entry) -> Line {
        let language = self.language;
        let mut text = match language {
            Language::Chinese => format!("【{}】{}", entry.mark.say(language), entry.said),
            Language::English => format!("{}: {}", entry.mark.say(language), entry.said),
        };
        if let Some(deadline) = entry.deadline {
            let at = self.zone.write(language, deadline);
            let left = deadline.since(self.now);
            text += &if left.is_zero() {
                filled(either(language, "；已于 {} 到期", "; it was due on {}"), &[&at])
            } else {
                filled(either(language, "；{} 到期，剩余 {}", "; due on {}, in {}"), &[&at, &length(language, left)])
            };
        }
        let text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARACTERS).collect();
        let link = self.console.as_deref().zip(entry.path.as_deref());
        let act = either(language, "查看", "look at it");
        Line { text, link: link.map(|(console, path)| (act, address(console, path))) }
    }
}

/// The address of a page of the console.
fn address(console: &str, path: &str) -> String {
    let console = console.trim_end_matches('/');
    if path == "/" { console.to_owned() } else { format!("{console}{path}") }
}

impl Mark {
    const fn say(self, language: Language) -> &'static str {
        match self {
            Self::Urgent => either(language, "紧急", "urgent"),
            Self::New => either(language, "新增", "new"),
            Self::Again => either(language, "仍待处理", "still waiting"),
            Self::Over => either(language, "已了结", "no longer waiting"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use koogallery::Text;

    use super::*;
    use crate::settings::{Robot, To};

    pub(crate) fn settings(language: Language) -> Settings {
        Settings {
            name: Text::try_from("on-call".to_owned()).unwrap(),
            to: To::Robot(Robot::Feishu),
            language,
            zone: Zone::default(),
            quiet: None,
            digest: Duration::from_mins(10),
            without: BTreeSet::new(),
        }
    }

    /// Of so many parked events, and something that is urgent.
    pub(crate) fn message(language: Language, parked: usize, said: &str) -> Message {
        let now = koogallery::CalendarForm::SECOND.read("20261126040000").unwrap();
        let mut entries = vec![Entry {
            mark: Mark::Urgent,
            kind: "provisioning-waits".parse().unwrap(),
            said: said.to_owned(),
            deadline: Some(now.saturating_add(Duration::from_mins(125))),
            path: Some("/instances/i-1#app-info".to_owned()),
        }];
        let parked = (0..parked).map(|number| Entry {
            mark: Mark::New,
            kind: Kind::EventParked,
            said: format!("event {number}"),
            deadline: None,
            path: Some(format!("/events/{number}")),
        });
        entries.extend(parked);
        Message::of(&settings(language), entries, Some("https://console.example.com/"), now)
    }

    #[test]
    fn lines_say_what_it_is_by_when_and_where() {
        let message = message(Language::English, 1, "Instance i-1\nwaits");
        assert_eq!(message.title, "KooGallery: 1 urgent, 1 new");
        assert_eq!(
            message.text(10_000),
            "urgent: Instance i-1 waits; due on 26 Nov 2026, 14:05:00, in 2 h 5 min\n  \
             https://console.example.com/instances/i-1#app-info\n\
             new: event 0\n  https://console.example.com/events/0\n\
             All that waits:\n  https://console.example.com\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted_by_kind() {
        for limit in [400, 1000, 100_000] {
            let text = message(Language::Chinese, 300, "实例 i-1 等待开通").text(limit);
            let lines = text.matches("】event ").count();
            assert!(text.len() <= limit && lines < LINES, "{limit}: {lines}");
            assert!(text.contains(&format!("另有 {} 项新增：事件多次投递失败，已停放", 300 - lines)), "{text}");
        }
    }
}
