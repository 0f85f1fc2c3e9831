//! Update and condition expressions, built from typed parts. A name or a value is always both bound and used.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, Update};
use koogallery::{ExpireTime, InterfaceType, ProductId, Timestamp};
use uuid::Uuid;

use crate::model::lifecycle::{FreezeCause, Status};
use crate::table::key::{Item, Key};
use crate::table::schema::PARTITION_KEY;

/// A value of an attribute.
#[derive(Debug, Clone)]
pub(crate) struct Value(AttributeValue);

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

/// A write of one item: what an update changes, and the conditions of any write.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Change {
    /// An update that changes nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (self.name(name), self.value(value.into()));
        self.sets.push(format!("{name} = {value}"));
        self
    }

    /// Sets a member of an attribute that is a map.
    pub(crate) fn set_member(mut self, name: &str, member: &str, value: impl Into<Value>) -> Self {
        let (name, member, value) = (self.name(name), self.name(member), self.value(value.into()));
        self.sets.push(format!("{name}.{member} = {value}"));
        self
    }

    /// Sets an attribute that does not exist yet, and leaves another one as it is.
    pub(crate) fn set_once(mut self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (self.name(name), self.value(value.into()));
        self.sets.push(format!("{name} = if_not_exists({name}, {value})"));
        self
    }

    /// Adds one to an attribute; one that does not exist counts as 0.
    pub(crate) fn count_up(mut self, name: &str) -> Self {
        let (name, one) = (self.name(name), self.value(1.into()));
        self.adds.push(format!("{name} {one}"));
        self
    }

    /// Adds one to an attribute that exists.
    pub(crate) fn count(mut self, name: &str) -> Self {
        let (name, one) = (self.name(name), self.value(1.into()));
        self.sets.push(format!("{name} = {name} + {one}"));
        self
    }

    /// Removes an attribute, if it exists.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        let name = self.name(name);
        self.removes.push(name);
        self
    }

    /// Removes attributes, if they exist.
    pub(crate) fn remove_all(self, names: impl IntoIterator<Item = &'static str>) -> Self {
        names.into_iter().fold(self, Self::remove)
    }

    /// Removes a member of an attribute that is a map, if it exists.
    pub(crate) fn remove_member(mut self, name: &str, member: &str) -> Self {
        let (name, member) = (self.name(name), self.name(member));
        self.removes.push(format!("{name}.{member}"));
        self
    }

    /// Adds a condition. All conditions must be true.
    pub(crate) fn only_if(mut self, condition: Condition) -> Self {
        let condition = self.condition(condition);
        self.conditions.push(condition);
        self
    }

    /// Adds a condition, if there is one.
    pub(crate) fn only_if_all(self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        conditions.into_iter().fold(self, Self::only_if)
    }

    /// The update of an item.
    pub(crate) fn of(self, key: Key) -> UpdateBuilder {
        self.update(key.into_item())
    }

    /// The same for an item whose key is at hand as attributes.
    pub(crate) fn update(self, key: Item) -> UpdateBuilder {
        let mut expression = String::new();
        for (clause, parts) in [("SET", &self.sets), ("ADD", &self.adds), ("REMOVE", &self.removes)] {
            if !parts.is_empty() {
                let _ = write!(expression, "{clause} {} ", parts.join(", "));
            }
        }
        let (condition, names, values) = self.bound();
        Update::builder()
            .set_key(Some(key))
            .update_expression(expression.trim_end())
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// An item in place of another one, under the conditions.
    pub(crate) fn put(self, item: Item) -> PutBuilder {
        let (condition, names, values) = self.bound();
        Put::builder()
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The deletion of an item, under the conditions.
    pub(crate) fn delete(self, key: Item) -> DeleteBuilder {
        let (condition, names, values) = self.bound();
        Delete::builder()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The conditions alone, for a transaction that writes other items.
    pub(crate) fn check(self, key: Key) -> ConditionCheckBuilder {
        let (condition, names, values) = self.bound();
        ConditionCheck::builder()
            .set_key(Some(key.into_item()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The condition, the names and the values, each if there is one.
    fn bound(self) -> (Option<String>, Option<HashMap<String, String>>, Option<Item>) {
        (
            Some(self.conditions.join(" AND ")).filter(|text| !text.is_empty()),
            Some(self.names).filter(|names| !names.is_empty()),
            Some(self.values).filter(|values| !values.is_empty()),
        )
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, Value(value): Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    fn condition(&mut self, condition: Condition) -> String {
        let mut compare = |name, sign, value| format!("{} {sign} {}", self.name(name), self.value(value));
        match condition {
            Condition::Is(name, value) => compare(name, "=", value),
            Condition::IsNot(name, value) => compare(name, "<>", value),
            Condition::Less(name, value) => compare(name, "<", value),
            Condition::AtMost(name, value) => compare(name, "<=", value),
            Condition::Greater(name, value) => compare(name, ">", value),
            Condition::AtLeast(name, value) => compare(name, ">=", value),
            Condition::Begins(name, value) => format!("begins_with({}, {})", self.name(name), self.value(value)),
            Condition::HasMember(name, member) => {
                format!("attribute_exists({}.{})", self.name(name), self.name(member))
            }
            Condition::Exists(name) => format!("attribute_exists({})", self.name(name)),
            Condition::Absent(name) => format!("attribute_not_exists({})", self.name(name)),
            Condition::Any(conditions) => self.joined(conditions, " OR "),
            Condition::All(conditions) => self.joined(conditions, " AND "),
        }
    }

    fn joined(&mut self, conditions: Vec<Condition>, by: &str) -> String {
        let all: Vec<_> = conditions.into_iter().map(|condition| self.condition(condition)).collect();
        format!("({})", all.join(by))
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        Self(value)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(AttributeValue::S(text))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self(AttributeValue::Bool(yes))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self(AttributeValue::N(number.to_string()))
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self(AttributeValue::N(at.to_string()))
    }
}

impl From<ExpireTime> for Value {
    fn from(time: ExpireTime) -> Self {
        time.to_string().into()
    }
}

impl From<&ProductId> for Value {
    fn from(product: &ProductId) -> Self {
        product.to_string().into()
    }
}

impl From<Status> for Value {
    fn from(status: Status) -> Self {
        status.as_str().to_owned().into()
    }
}

impl From<FreezeCause> for Value {
    fn from(cause: FreezeCause) -> Self {
        cause.as_str().to_owned().into()
    }
}

impl From<InterfaceType> for Value {
    fn from(family: InterfaceType) -> Self {
        family.name().to_owned().into()
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        id.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_one_expression_with_all_that_it_names() {
        let change = Change::new()
            .set("status", Status::Frozen)
            .set_member("holds", "amount", 5)
            .count("version")
            .remove("freezeCause")
            .only_if(Condition::Exists("pk"))
            .only_if(Condition::Any(vec![Condition::Absent("newest"), Condition::Less("newest", 7.into())]));
        let id = "i".parse().unwrap();
        let update = change.of(Key::instance(crate::World::Real, &id)).table_name("t").build().unwrap();
        assert_eq!(
            update.update_expression,
            "SET #status = :v0, #holds.#amount = :v1, #version = #version + :v2 REMOVE #freezeCause"
        );
        let condition = "attribute_exists(#pk) AND (attribute_not_exists(#newest) OR #newest < :v3)";
        assert_eq!(update.condition_expression.as_deref(), Some(condition));
        assert_eq!(update.expression_attribute_values.unwrap().len(), 4);
        assert_eq!(update.expression_attribute_names.unwrap().len(), 7);
    }

    #[test]
    fn every_write_of_an_item_has_the_conditions() {
        let key = || Item::from([(PARTITION_KEY.to_owned(), AttributeValue::S("p".to_owned()))]);
        let change = || {
            Change::new().only_if(Condition::stands_unreleased()).only_if_all([
                Condition::All(vec![Condition::Greater("a", 1.into()), Condition::AtLeast("b", 2.into())]),
                Condition::Any(vec![Condition::HasMember("c", "d"), Condition::Begins("e", "f".to_owned().into())]),
            ])
        };
        let condition = "(attribute_exists(#pk) AND #status <> :v0) AND (#a > :v1 AND #b >= :v2) AND \
                         (attribute_exists(#c.#d) OR begins_with(#e, :v3))";
        let put = change().put(key()).table_name("t").build().unwrap();
        let delete = change().delete(key()).table_name("t").build().unwrap();
        let id = "i".parse().unwrap();
        let check = change().check(Key::instance(crate::World::Real, &id)).table_name("t").build().unwrap();
        assert_eq!(put.condition_expression.as_deref(), Some(condition));
        assert_eq!(delete.condition_expression.as_deref(), Some(condition));
        assert_eq!(check.condition_expression, condition);
        assert_eq!(put.expression_attribute_values.unwrap().len(), 4);

        let update = change().set_once("g", true).count_up("h").remove_member("c", "d").update(key()).table_name("t");
        let update = update.build().unwrap();
        let expected = "SET #g = if_not_exists(#g, :v4) ADD #h :v5 REMOVE #c.#d";
        assert_eq!(update.update_expression, expected);
        let bare = Change::new().put(key()).table_name("t").build().unwrap();
        assert_eq!((bare.condition_expression, bare.expression_attribute_names), (None, None));
    }
}
