//! JSON as it was written: also with the members that stand twice in an object, of which a usual reader keeps the last and says nothing.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::place::Place;

/// A JSON value, and where members stand twice in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    value: Value,
    doubled: Vec<Place>,
}

impl Json {
    /// The value. Of members that stand twice it has the last.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// Where members stand that stood before in the same object.
    #[must_use]
    pub fn doubled(&self) -> &[Place] {
        &self.doubled
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self { value, doubled: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut doubled = Vec::new();
        let value = Reading { place: Place::default(), doubled: &mut doubled }.deserialize(deserializer)?;
        Ok(Self { value, doubled })
    }
}

/// Reads what stands at a place.
struct Reading<'a> {
    place: Place,
    doubled: &'a mut Vec<Place>,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Reading { place: self.place.item(list.len()), doubled: &mut *self.doubled })?
        {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let place = self.place.member(&name);
            if members.contains_key(&name) {
                self.doubled.push(place.clone());
            }
            let value = entries.next_value_seed(Reading { place, doubled: &mut *self.doubled })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_stand_twice_are_found_wherever_they_are() {
        let json: Json =
            serde_json::from_str(r#"{"a":1,"b":[{"c":1,"c":2},null,-1.5,"x",true],"a":{"d/e":1,"d/e":1}}"#).unwrap();
        let doubled: Vec<&str> = json.doubled().iter().map(Place::as_str).collect();
        assert_eq!(doubled, ["/b/0/c", "/a", "/a/d~1e"]);
        assert_eq!(json.value(), &serde_json::json!({ "a": { "d/e": 1 }, "b": [{ "c": 2 }, null, -1.5, "x", true] }));
    }
}
