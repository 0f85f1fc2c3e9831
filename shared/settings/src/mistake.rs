//! What is wrong with a document.

use std::fmt;

use serde::Serialize;

use crate::place::Place;

/// So many mistakes are told. Who mends these sees the others then.
const MOST: usize = 100;

/// One mistake. It never repeats a value of the document: that could be a secret which somebody put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Where it is: a JSON pointer (RFC 6901); the empty one is the whole document.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, problem } = self;
        write!(f, "{}: {problem}", if place.is_empty() { "the document" } else { place })
    }
}

/// The mistakes of a document, in their order there: at least one. The most that are told are 100.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes {
    told: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    /// One mistake alone.
    pub(crate) fn one(place: &Place, problem: impl Into<String>) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(place, problem);
        mistakes
    }

    pub(crate) fn add(&mut self, place: &Place, problem: impl Into<String>) {
        if self.told.len() < MOST {
            self.told.push(Mistake { place: place.as_str().to_owned(), problem: problem.into() });
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Those that are told.
    #[must_use]
    pub fn told(&self) -> &[Mistake] {
        &self.told
    }

    /// How many more there are.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }
}

impl fmt::Display for Mistakes {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.told.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

/// Why a document cannot be used. It holds no value of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has mistakes.
    #[error("{0}")]
    Mistakes(Mistakes),
    /// A newer version wrote it.
    #[error("its format is {0}, and this version reads {known}: deploy the version that wrote it", known = crate::format::FORMAT)]
    Newer(u64),
}

impl Refused {
    /// The mistakes, as a list.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        match self {
            Self::Mistakes(mistakes) => mistakes.told().to_vec(),
            Self::Newer(_) => vec![Mistake { place: "/format".to_owned(), problem: self.to_string() }],
        }
    }
}
