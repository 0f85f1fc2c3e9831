//! The query parameters of a V1.0 call. They contain what V2.0 has in a body.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::invalid_request::InvalidRequest;
use crate::license_code::LicenseCode;
use crate::test_flag::TestFlag;
use crate::text::TextError;

/// Parameters as they came, URL-decoded: all of them are part of the signature, known or not.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl fmt::Debug for Parameters {
    /// Shows names only: values are personal data and the authToken.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Parameters {
    /// The parameters of the call itself, which say nothing about its subject.
    const OF_THE_CALL: [&str; 4] = ["activity", "timeStamp", "authToken", "testFlag"];

    /// The longest parameter that is kept as it came, in characters: the length of saasExtendParams, the guide's longest.
    const LONGEST_FURTHER: usize = 2048;

    /// The most bytes of all of them together.
    const MOST_FURTHER: usize = 32 * 1024;

    /// The names under which a License 1.0 call may have the code, the most likely first.
    pub(crate) const LICENSE_NAMES: [&str; 3] = ["license", "licenseCode", "instanceId"];

    /// Decodes a query; a `+` is a space.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Decodes a query in which `+` is not a space: KooGallery signs a value with a `+` and does not always encode it. Returns none if
    /// there is no `+`, so that there is only one reading.
    #[must_use]
    pub fn of_query_with_plus(query: &str) -> Option<Self> {
        query.contains('+').then(|| Self::of_query(&query.replace('+', "%2B")))
    }

    /// Names and values, in the order of the query.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// A parameter's value; a blank one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.trim().is_empty()).map(|(_, value)| value.as_str())
    }

    pub(crate) fn optional<T: FromStr<Err = TextError>>(&self, name: &str) -> Result<Option<T>, InvalidRequest> {
        Ok(self.get(name).map(str::parse).transpose()?)
    }

    pub(crate) fn required<T: FromStr<Err = TextError>>(&self, name: &'static str) -> Result<T, InvalidRequest> {
        Ok(self.text(name)?.parse()?)
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&str, InvalidRequest> {
        self.get(name).ok_or(InvalidRequest::missing(name))
    }

    pub(crate) fn test_flag(&self) -> Result<TestFlag, InvalidRequest> {
        match self.get("testFlag").map(str::trim) {
            None | Some("0") => Ok(TestFlag::Real),
            Some("1") => Ok(TestFlag::Debug),
            Some(_) => Err(InvalidRequest::of("testFlag is neither 0 nor 1")),
        }
    }

    /// The code of a License 1.0 call, whose guide is withdrawn: under its name in License 2.0, or in similar calls.
    pub(crate) fn license(&self) -> Result<LicenseCode, InvalidRequest> {
        let given = Self::LICENSE_NAMES.into_iter().find_map(|name| self.get(name));
        Ok(given.ok_or(InvalidRequest::missing("license"))?.parse()?)
    }

    /// Whether a flag parameter says `1`.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.trim() == "1")
    }

    /// Checks the guide's largest lengths, in characters, of parameters that are kept as they came.
    pub(crate) fn within(&self, limits: &[(&'static str, usize)]) -> Result<(), InvalidRequest> {
        let too_long = |(name, max): &&(&str, usize)| self.get(name).is_some_and(|value| value.chars().count() > *max);
        match limits.iter().find(too_long) {
            Some((field, max)) => Err(TextError::TooLong { field, max: *max }.into()),
            None => Ok(()),
        }
    }

    /// The other parameters: not in `known`, and not of the call itself. Blanks are left out. They are kept as they came, so they
    /// have a limit, far above the lengths in the guides.
    pub(crate) fn further(&self, known: &[&str]) -> Result<BTreeMap<String, String>, InvalidRequest> {
        let told = |(name, value): &&(String, String)| {
            let name = name.as_str();
            !Self::OF_THE_CALL.contains(&name) && !known.contains(&name) && !value.trim().is_empty()
        };
        let further: BTreeMap<String, String> = self.0.iter().filter(told).cloned().collect();
        if further.values().any(|value| value.chars().count() > Self::LONGEST_FURTHER) {
            let problem = format!("a parameter is longer than {} characters", Self::LONGEST_FURTHER);
            return Err(InvalidRequest::of(problem));
        }
        if further.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > Self::MOST_FURTHER {
            let problem = format!("the parameters have more than {} bytes in all", Self::MOST_FURTHER);
            return Err(InvalidRequest::of(problem));
        }
        Ok(further)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::OrderId;

    #[test]
    fn reads_what_is_given_and_keeps_the_rest() {
        let parameters = Parameters::of_query("activity=x&orderId=CS%201&b=&productId=+&more=1%2B1&authToken=t");
        assert_eq!(parameters.required::<OrderId>("orderId").unwrap().as_str(), "CS 1");
        assert_eq!(parameters.optional::<OrderId>("productId"), Ok(None));
        assert_eq!(parameters.further(&["orderId"]), Ok(BTreeMap::from([("more".to_owned(), "1+1".to_owned())])));
        assert_eq!(parameters.required::<OrderId>("instanceId").unwrap_err().to_string(), "missing field `instanceId`");
        let long = Parameters::of_query(&format!("skuCode={}", "x".repeat(65)));
        assert_eq!(long.within(&[("skuCode", 64)]).unwrap_err().to_string(), "skuCode is longer than 64 characters");
    }

    #[test]
    fn a_plus_is_read_in_two_ways() {
        let query = "a+b=1+1%2B1&c=%20";
        let read = |parameters: &Parameters| {
            let pairs = parameters.as_slice().iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        };
        assert_eq!(read(&Parameters::of_query(query)), "a b=1 1+1&c= ");
        assert_eq!(read(&Parameters::of_query_with_plus(query).unwrap()), "a+b=1+1+1&c= ");
        assert_eq!(Parameters::of_query_with_plus("a=%2B1"), None);
    }

    #[test]
    fn what_is_kept_as_it_came_has_a_bound() {
        let further = |query: &str| Parameters::of_query(query).further(&["long"]);
        let (longest, too_long) = ("x".repeat(2048), "x".repeat(2049));
        assert!(further(&format!("a={longest}&long={too_long}")).is_ok(), "what is read by name has bounds of its own");
        let error = further(&format!("a={too_long}")).unwrap_err().to_string();
        assert_eq!(error, "a parameter is longer than 2048 characters");
        let many: Vec<_> = (0..16).map(|n| format!("p{n}={longest}")).collect();
        assert!(further(&many[..15].join("&")).is_ok());
        assert_eq!(
            further(&many.join("&")).unwrap_err().to_string(),
            "the parameters have more than 32768 bytes in all"
        );
    }

    #[test]
    fn shows_no_value() {
        assert_eq!(format!("{:?}", Parameters::of_query("mobilePhone=138")), r#"{"mobilePhone"}"#);
    }
}
