//! Updates, puts, deletions and checks with their conditions, built from typed parts.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, Update};

use crate::table::condition::{Bound, Condition};
use crate::table::key::{Item, Key};
use crate::table::value::Value;

/// A write of one item: what an update changes, and the conditions of any write.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    bound: Bound,
}

impl Change {
    /// An update that changes nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (self.bound.name(name), self.bound.value(value.into()));
        self.sets.push(format!("{name} = {value}"));
        self
    }

    /// Sets a member of an attribute that is a map.
    pub(crate) fn set_member(mut self, name: &str, member: &str, value: impl Into<Value>) -> Self {
        let (member, value) = (self.bound.member(name, member), self.bound.value(value.into()));
        self.sets.push(format!("{member} = {value}"));
        self
    }

    /// Sets an attribute that does not exist yet, and leaves another one as it is.
    pub(crate) fn set_once(mut self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (self.bound.name(name), self.bound.value(value.into()));
        self.sets.push(format!("{name} = if_not_exists({name}, {value})"));
        self
    }

    /// Adds one to an attribute; one that does not exist counts as 0.
    pub(crate) fn count_up(mut self, name: &str) -> Self {
        let (name, one) = (self.bound.name(name), self.bound.value(1.into()));
        self.adds.push(format!("{name} {one}"));
        self
    }

    /// Adds a number to an attribute; one that does not exist counts as 0.
    pub(crate) fn add(mut self, name: &str, number: impl Into<Value>) -> Self {
        let (name, number) = (self.bound.name(name), self.bound.value(number.into()));
        self.adds.push(format!("{name} {number}"));
        self
    }

    /// Adds one to an attribute that exists.
    pub(crate) fn count(mut self, name: &str) -> Self {
        let (name, one) = (self.bound.name(name), self.bound.value(1.into()));
        self.sets.push(format!("{name} = {name} + {one}"));
        self
    }

    /// Removes an attribute, if it exists.
    pub(crate) fn remove(mut self, name: &str) -> Self {
        let name = self.bound.name(name);
        self.removes.push(name);
        self
    }

    /// Removes attributes, if they exist.
    pub(crate) fn remove_all(self, names: impl IntoIterator<Item = &'static str>) -> Self {
        names.into_iter().fold(self, Self::remove)
    }

    /// Removes a member of an attribute that is a map, if it exists.
    pub(crate) fn remove_member(mut self, name: &str, member: &str) -> Self {
        let member = self.bound.member(name, member);
        self.removes.push(member);
        self
    }

    /// Adds a condition. All conditions must be true.
    pub(crate) fn only_if(mut self, condition: Condition) -> Self {
        let condition = self.bound.condition(condition);
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
        let (condition, names, values) = self.parts();
        Update::builder()
            .set_key(Some(key))
            .update_expression(expression.trim_end())
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// An item in place of another one, under the conditions.
    pub(crate) fn put(self, item: Item) -> PutBuilder {
        let (condition, names, values) = self.parts();
        Put::builder()
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The deletion of an item, under the conditions.
    pub(crate) fn delete(self, key: Item) -> DeleteBuilder {
        let (condition, names, values) = self.parts();
        Delete::builder()
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The conditions alone, for a transaction that writes other items.
    pub(crate) fn check(self, key: Key) -> ConditionCheckBuilder {
        let (condition, names, values) = self.parts();
        ConditionCheck::builder()
            .set_key(Some(key.into_item()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// The condition, the names and the values, each if there is one.
    fn parts(self) -> (Option<String>, Option<HashMap<String, String>>, Option<Item>) {
        let (names, values) = self.bound.into_parts();
        (Some(self.conditions.join(" AND ")).filter(|text| !text.is_empty()), names, values)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::model::lifecycle::Status;
    use crate::table::schema::PARTITION_KEY;

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
