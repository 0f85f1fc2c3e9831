//! What holds, what does not, and what follows.

use std::fmt;

use serde::Serialize;

use super::Checked;

macro_rules! needs {
    ($($name:ident = $what:literal, $follows:literal;)+) => {
        /// What the store needs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Need {
            $(#[doc = $what] $name,)+
        }

        impl Need {
            /// What it is.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)+ }
            }

            /// What follows where it does not hold.
            #[must_use]
            pub const fn follows(self) -> &'static str {
                match self { $(Self::$name => $follows,)+ }
            }
        }
    };
}

needs! {
    Reads = "a consistent read sees what was written before it", "a call would be answered from what an instance was";
    Conditions = "a write under a condition is refused where it is not true", "a repeated call would count twice";
    Updates = "an update sets, counts and removes, also members of maps", "the state would be wrong";
    Whole = "a transaction is written whole or not at all", "a buyer would pay and no event would tell it";
    OldValues = "a refused transaction says which condition failed, and returns the item as it is",
        "a repeated call could not be told from a wrong one";
    Conflicts = "of transactions at the same time on one item, none is lost", "one of two calls at once would be lost";
    ManyItems = "a transaction has 100 writes", "large messages of the joint-operations kit would be refused";
    LargeItems = "an item has 390 KB", "large departments and many users would be refused";
    Pages = "a query returns pages in order, forwards and backwards", "lists and events would have gaps";
    OpenIndex = "the index `open` has what is to be done by time, and only that", "events would not be delivered after a stop";
    ListedIndex = "the index `listed` has things by their order", "the lists of the seller API would be wrong";
    Expiry = "items end by themselves (TTL)", "used nonces and records of calls stay until you delete them; calls are answered all the same";
}

impl Need {
    /// Whether the store works without it.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Expiry)
    }
}

/// Whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// It does.
    Holds,
    /// It does not.
    Missing {
        /// What was seen instead.
        problem: String,
    },
}

/// One need, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The need.
    pub need: Need,
    /// Whether it holds.
    #[serde(flatten)]
    pub state: State,
}

impl Finding {
    pub(super) fn of(need: Need, checked: Checked) -> Self {
        let state = checked.map_or_else(|wrong| State::Missing { problem: wrong.to_string() }, |()| State::Holds);
        Self { need, state }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.need.what();
        match &self.state {
            State::Holds => write!(f, "holds    {what}"),
            State::Missing { problem } => {
                let word = if self.need.is_optional() { "without " } else { "MISSING " };
                write!(f, "{word} {what}: {problem}\n         so {}", self.need.follows())
            }
        }
    }
}

/// All findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of checking.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the store works there.
    #[must_use]
    pub fn suits(&self) -> bool {
        self.findings.iter().all(|finding| finding.need.is_optional() || finding.state == State::Holds)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.suits() {
            "The store works there."
        } else {
            "The store does not work there: do not use this endpoint."
        })
    }
}
