//! "Did you mean …?": the known name that a misspelt one is nearest to.

/// The longest name that is looked at, in bytes. A longer one is nothing that somebody meant to type, and comparing it takes long.
const LONGEST: usize = 64;

/// The known name that is nearest to a name, if it is near: it has a typing error or two, or is written in another case.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let name = Some(plain(name)).filter(|name| name.len() <= LONGEST)?;
    let distances = known.into_iter().map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), known));
    let near = distances.filter(|(distance, known)| *distance <= (known.len() / 3).max(1));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_if_it_has_a_typing_error() {
        let known = ["instanceId", "orderId", "tenantId", "limit"];
        for (name, meant) in [
            ("instance_id", Some("instanceId")),
            ("instanceID", Some("instanceId")),
            ("instnaceId", Some("instanceId")),
            ("limits", Some("limit")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
    }
}
