//! Queries of the table and of its indexes, built from typed parts. A query knows the keys of what it reads: a condition on any
//! other attribute is a filter.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use crate::table::client::Store;
use crate::table::condition::{Bound, Condition};
use crate::table::schema::{LISTED, LISTED_AS, LISTED_INDEX, OPEN, OPEN_INDEX, OPEN_SINCE, PARTITION_KEY, SORT_KEY};
use crate::table::value::Value;

/// What a query reads, and the attributes of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Table,
    Open,
    Listed,
}

/// A query of one partition.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    of: Of,
    key: String,
    filters: Vec<String>,
    attributes: Vec<String>,
    bound: Bound,
}

impl Query {
    /// A partition of the table, in its current state.
    pub(crate) fn of_partition(partition: impl Into<Value>) -> Self {
        Self::new(Of::Table, PARTITION_KEY, partition.into())
    }

    /// A partition of the index of what is still to be done. The index is a moment behind the table.
    pub(crate) fn of_open(partition: impl Into<Value>) -> Self {
        Self::new(Of::Open, OPEN, partition.into())
    }

    /// A partition of the index of lists. The index is a moment behind the table.
    pub(crate) fn of_listed(partition: impl Into<Value>) -> Self {
        Self::new(Of::Listed, LISTED, partition.into())
    }

    fn new(of: Of, name: &str, partition: Value) -> Self {
        let mut bound = Bound::default();
        let key = format!("{} = {}", bound.name(name), bound.value(partition));
        Self { of, key, filters: Vec::new(), attributes: Vec::new(), bound }
    }

    /// Only items whose sort keys begin with this text.
    pub(crate) fn beginning_with(self, text: impl Into<Value>) -> Self {
        let sort = self.sort_key();
        self.with_key(Condition::Begins(sort, text.into()))
    }

    /// Only items whose sort keys are after this one.
    pub(crate) fn after(self, sort: impl Into<Value>) -> Self {
        let name = self.sort_key();
        self.with_key(Condition::Greater(name, sort.into()))
    }

    /// Only items whose sort keys are this one or before it.
    pub(crate) fn up_to(self, sort: impl Into<Value>) -> Self {
        let name = self.sort_key();
        self.with_key(Condition::AtMost(name, sort.into()))
    }

    /// Only items whose sort keys are one of these two or between them.
    pub(crate) fn between(mut self, first: impl Into<Value>, last: impl Into<Value>) -> Self {
        let name = self.sort_key();
        let name = self.bound.name(name);
        let (first, last) = (self.bound.value(first.into()), self.bound.value(last.into()));
        self.key = format!("{} AND {name} BETWEEN {first} AND {last}", self.key);
        self
    }

    /// Only items that meet a condition on other attributes. All of them are read, and paid.
    pub(crate) fn filter(mut self, condition: Condition) -> Self {
        let filter = self.bound.condition(condition);
        self.filters.push(filter);
        self
    }

    /// Only these attributes of the items, and those that are asked for beside them.
    pub(crate) fn only(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        for name in names {
            let name = self.bound.name(name);
            self.attributes.push(name);
        }
        self
    }

    /// The same for members of an attribute that is a map.
    pub(crate) fn only_members(mut self, name: &str, members: impl IntoIterator<Item = &'static str>) -> Self {
        for member in members {
            let member = self.bound.member(name, member);
            self.attributes.push(member);
        }
        self
    }

    /// The request to the store.
    pub(crate) fn to(self, store: &Store) -> QueryFluentBuilder {
        let (names, values) = self.bound.into_parts();
        let (index, is_current) = match self.of {
            Of::Table => (None, Some(true)),
            Of::Open => (Some(OPEN_INDEX.to_owned()), None),
            Of::Listed => (Some(LISTED_INDEX.to_owned()), None),
        };
        let text = |parts: Vec<String>, by: &str| Some(parts.join(by)).filter(|text| !text.is_empty());
        let request = store.client.query().table_name(&store.table).set_index_name(index);
        request
            .set_consistent_read(is_current)
            .key_condition_expression(self.key)
            .set_filter_expression(text(self.filters, " AND "))
            .set_projection_expression(text(self.attributes, ", "))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    const fn sort_key(&self) -> &'static str {
        match self.of {
            Of::Table => SORT_KEY,
            Of::Open => OPEN_SINCE,
            Of::Listed => LISTED_AS,
        }
    }

    fn with_key(mut self, condition: Condition) -> Self {
        let condition = self.bound.condition(condition);
        self.key = format!("{} AND {condition}", self.key);
        self
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::BehaviorVersion;
    use aws_sdk_dynamodb::{Client, Config};

    use super::*;

    fn store() -> Store {
        Store::new(Client::from_conf(Config::builder().behavior_version(BehaviorVersion::latest()).build()), "t")
    }

    #[test]
    fn a_query_names_and_binds_all_that_it_uses() {
        let query = Query::of_partition("p".to_owned())
            .between("a".to_owned(), "b".to_owned())
            .filter(Condition::Exists("c"))
            .filter(Condition::MemberIs("data", "d", "e".to_owned().into()))
            .only(["c"])
            .only_members("data", ["f", "g"])
            .to(&store());
        let built = query.as_input().clone().build().unwrap();
        assert_eq!(built.key_condition_expression(), Some("#pk = :v0 AND #sk BETWEEN :v1 AND :v2"));
        assert_eq!(built.filter_expression(), Some("attribute_exists(#c) AND #data.#d = :v3"));
        assert_eq!(built.projection_expression(), Some("#c, #data.#f, #data.#g"));
        assert_eq!(built.expression_attribute_names().unwrap().len(), 7);
        assert_eq!(built.expression_attribute_values().unwrap().len(), 4);
        assert_eq!((built.consistent_read(), built.index_name()), (Some(true), None));
    }

    #[test]
    fn an_index_has_its_own_keys_and_is_not_read_consistently() {
        let of = |query: Query| query.to(&store()).as_input().clone().build().unwrap();
        let open = of(Query::of_open("o".to_owned()).up_to(7));
        assert_eq!(open.key_condition_expression(), Some("#open = :v0 AND #openSince <= :v1"));
        assert_eq!((open.consistent_read(), open.index_name()), (None, Some(OPEN_INDEX)));
        let listed = of(Query::of_listed("l".to_owned()).after("a".to_owned()));
        assert_eq!(listed.key_condition_expression(), Some("#listed = :v0 AND #listedAs > :v1"));
        assert_eq!((listed.consistent_read(), listed.index_name()), (None, Some(LISTED_INDEX)));
        assert_eq!((listed.filter_expression(), listed.projection_expression()), (None, None));
        let begins = of(Query::of_partition("p".to_owned()).beginning_with("E#".to_owned()));
        assert_eq!(begins.key_condition_expression(), Some("#pk = :v0 AND begins_with(#sk, :v1)"));
    }
}
