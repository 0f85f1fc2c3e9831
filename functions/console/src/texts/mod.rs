//! All that pages say, in Chinese and in English. A text has both or it does not compile.

mod acts;
mod entry;
mod facts;
mod figures;
mod general;
mod home;
mod lists;
mod money;
mod orders;
mod statements;
mod warnings;
mod words;

use koogallery_runtime::Language;

pub(crate) use acts::Acts;
pub(crate) use entry::Entry;
pub(crate) use facts::{Facts, OrderWords};
pub(crate) use figures::Figures;
pub(crate) use general::General;
pub(crate) use home::Home;
pub(crate) use lists::Lists;
pub(crate) use money::Money;
pub(crate) use orders::{Orders, demand_state, evidence, flow, order_state, party, step};
pub(crate) use statements::{Statements, bill_kind, column, kind, problem};
pub(crate) use warnings::Warnings;
pub(crate) use words::{delivery, event_type, freeze_cause, order_kind, role, status, what};

/// Something that pages say.
pub(crate) trait Says: Copy {
    /// It in a language. Each `{}` stands for a value.
    fn say(self, language: Language) -> &'static str;
}

/// Makes an enum of texts: the name of each, then the text in Chinese and in English.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($text:ident: $zh:literal, $en:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($text,)+
        }

        impl $crate::texts::Says for $name {
            fn say(self, language: koogallery_runtime::Language) -> &'static str {
                match language {
                    koogallery_runtime::Language::Chinese => match self { $(Self::$text => $zh,)+ },
                    koogallery_runtime::Language::English => match self { $(Self::$text => $en,)+ },
                }
            }
        }

        #[cfg(test)]
        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$text,)+];
        }
    };
}
use texts;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[impl Says + std::fmt::Debug]) {
        for text in texts {
            let (zh, en) = (text.say(Language::Chinese), text.say(Language::English));
            assert_eq!(zh.matches("{}").count(), en.matches("{}").count(), "{text:?}");
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{text:?}");
            let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            assert!(!en.chars().any(is_chinese) || en == "中文", "{text:?}: {en}");
        }
    }

    #[test]
    fn both_languages_have_the_same_values() {
        check(Acts::ALL);
        check(Entry::ALL);
        check(Facts::ALL);
        check(Figures::ALL);
        check(General::ALL);
        check(OrderWords::ALL);
        check(Home::ALL);
        check(Lists::ALL);
        check(Money::ALL);
        check(Orders::ALL);
        check(Statements::ALL);
        check(Warnings::ALL);
    }
}
