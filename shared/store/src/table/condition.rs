//! Conditions on items, and the names and values that an expression binds. A name or a value is always both bound and used.

use std::collections::HashMap;

use crate::model::lifecycle::Status;
use crate::table::key::Item;
use crate::table::schema::PARTITION_KEY;
use crate::table::value::Value;

/// A condition on an item.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// The attribute exists. With the partition key: the item exists.
    Exists(&'static str),
    /// The attribute does not exist.
    Absent(&'static str),
    /// It has this value.
    Is(&'static str, Value),
    /// It has another value, or does not exist.
    IsNot(&'static str, Value),
    /// It is less than this.
    Less(&'static str, Value),
    /// It is this or less.
    AtMost(&'static str, Value),
    /// It is more than this.
    Greater(&'static str, Value),
    /// It is this or more.
    AtLeast(&'static str, Value),
    /// It is a text that begins with this.
    Begins(&'static str, Value),
    /// This member of an attribute that is a map exists.
    HasMember(&'static str, &'static str),
    /// This member of an attribute that is a map has this value.
    MemberIs(&'static str, &'static str, Value),
    /// One of these is true.
    Any(Vec<Condition>),
    /// All of these are true.
    All(Vec<Condition>),
}

impl Condition {
    /// The item exists.
    pub(crate) const STANDS: Self = Self::Exists(PARTITION_KEY);
    /// The item does not exist.
    pub(crate) const NEW: Self = Self::Absent(PARTITION_KEY);

    /// The attribute does not exist, or it has another value.
    pub(crate) fn is_not_even_if_absent(name: &'static str, value: impl Into<Value>) -> Self {
        Self::Any(vec![Self::Absent(name), Self::IsNot(name, value.into())])
    }

    /// The instance or license code exists and is not released.
    pub(crate) fn stands_unreleased() -> Self {
        Self::All(vec![Self::STANDS, Self::IsNot("status", Status::Released.into())])
    }
}

/// The names and values of the expressions of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bound {
    names: HashMap<String, String>,
    values: Item,
}

impl Bound {
    /// Binds a name, and returns what stands for it.
    pub(crate) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// Binds the name of a member of an attribute that is a map.
    pub(crate) fn member(&mut self, name: &str, member: &str) -> String {
        format!("{}.{}", self.name(name), self.name(member))
    }

    /// Binds a value, and returns what stands for it.
    pub(crate) fn value(&mut self, Value(value): Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Binds the parts of a condition, and returns its text.
    pub(crate) fn condition(&mut self, condition: Condition) -> String {
        let mut compare = |name, sign, value| format!("{} {sign} {}", self.name(name), self.value(value));
        match condition {
            Condition::Is(name, value) => compare(name, "=", value),
            Condition::IsNot(name, value) => compare(name, "<>", value),
            Condition::Less(name, value) => compare(name, "<", value),
            Condition::AtMost(name, value) => compare(name, "<=", value),
            Condition::Greater(name, value) => compare(name, ">", value),
            Condition::AtLeast(name, value) => compare(name, ">=", value),
            Condition::Begins(name, value) => format!("begins_with({}, {})", self.name(name), self.value(value)),
            Condition::HasMember(name, member) => format!("attribute_exists({})", self.member(name, member)),
            Condition::MemberIs(name, member, value) => {
                format!("{} = {}", self.member(name, member), self.value(value))
            }
            Condition::Exists(name) => format!("attribute_exists({})", self.name(name)),
            Condition::Absent(name) => format!("attribute_not_exists({})", self.name(name)),
            Condition::Any(conditions) => self.joined(conditions, " OR "),
            Condition::All(conditions) => self.joined(conditions, " AND "),
        }
    }

    /// The names and the values, each if there is one.
    pub(crate) fn into_parts(self) -> (Option<HashMap<String, String>>, Option<Item>) {
        (Some(self.names).filter(|names| !names.is_empty()), Some(self.values).filter(|values| !values.is_empty()))
    }

    fn joined(&mut self, conditions: Vec<Condition>, by: &str) -> String {
        let all: Vec<_> = conditions.into_iter().map(|condition| self.condition(condition)).collect();
        format!("({})", all.join(by))
    }
}
