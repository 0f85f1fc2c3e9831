//! The parameters of a request, from its query or its form. Each may come once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Parameters by name. An empty one counts as not sent (RFC 6749, section 3.1).
#[derive(Default)]
pub(crate) struct Parameters {
    values: HashMap<String, String>,
    twice: Vec<String>,
}

impl Parameters {
    /// Reads a query or a form.
    pub(crate) fn of(text: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let (name, value) = (name.into_owned(), value.into_owned());
            match parameters.values.entry(name) {
                Entry::Occupied(entry) => parameters.twice.push(entry.key().clone()),
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
            }
        }
        parameters
    }

    /// A parameter's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The first of several names that has a value.
    pub(crate) fn any_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The name of a parameter that came more than once.
    pub(crate) fn twice(&self) -> Option<&str> {
        self.twice.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_told() {
        let parameters = Parameters::of("a=1&b=&c=%E4%BD%A0+%2B&a=2&b=3");
        assert_eq!((parameters.get("a"), parameters.get("b")), (Some("1"), Some("3")));
        assert_eq!((parameters.get("c"), parameters.twice()), (Some("你 +"), Some("a")));
        assert_eq!(parameters.any_of(&["x", "c", "a"]), Some("你 +"));
    }
}
