//! Who may do what: roles, and which addresses and groups have them.

use std::fmt;
use std::str::FromStr;

use strum::IntoStaticStr;

/// What somebody may do. Each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// Looks at everything but personal data.
    Viewer,
    /// Acts, and may have personal data shown.
    Operator,
    /// Erases personal data, makes signing keys, ends sessions.
    Administrator,
}

impl Role {
    /// All of them, the one that may do least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Administrator];
}

/// Who may enter, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access(Vec<(Whom, Role)>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whom {
    /// An address, in small letters.
    Address(String),
    /// Everybody with an address at this domain, in small letters.
    Domain(String),
    Group(String),
    /// Whom the provider names so.
    Subject(String),
}

/// The text does not say who may enter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` says not who may enter: write address=role, @domain=role, group:name=role or sub:id=role, separated by commas; the roles \
     are viewer, operator and administrator"
)]
pub struct AccessError(String);

/// Somebody whom the identity provider names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// What the provider calls the account.
    pub subject: String,
    /// The address, if the provider says that it is the person's.
    pub address: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl FromStr for Access {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entries: Vec<(Whom, Role)> = entries.map(entry).collect::<Result<_, _>>()?;
        if entries.is_empty() { Err(AccessError(String::new())) } else { Ok(Self(entries)) }
    }
}

fn entry(entry: &str) -> Result<(Whom, Role), AccessError> {
    let refused = || AccessError(entry.to_owned());
    let (whom, role) = entry.rsplit_once('=').ok_or_else(refused)?;
    let (whom, role) = (whom.trim(), role.trim());
    let role = Role::ALL.into_iter().find(|known| <&str>::from(known) == role).ok_or_else(refused)?;
    let whom = match (whom.split_once(':'), whom.split_once('@')) {
        (Some(("group", name)), _) => Whom::Group(name.trim().to_owned()),
        (Some(("sub", id)), _) => Whom::Subject(id.trim().to_owned()),
        (None, Some(("", domain))) if !domain.is_empty() => Whom::Domain(domain.to_lowercase()),
        (None, Some((name, domain))) if !name.is_empty() && !domain.is_empty() => Whom::Address(whom.to_lowercase()),
        _ => return Err(refused()),
    };
    match &whom {
        Whom::Group(name) | Whom::Subject(name) if name.is_empty() => Err(refused()),
        _ => Ok((whom, role)),
    }
}

impl Access {
    /// The highest role of a person; none if the person may not enter.
    #[must_use]
    pub fn role_of(&self, person: &Person) -> Option<Role> {
        let address = person.address.as_deref().map(str::to_lowercase);
        let is = |whom: &Whom| match whom {
            Whom::Address(known) => address.as_deref() == Some(known),
            Whom::Domain(known) => {
                let domain = address.as_deref().and_then(|address| address.rsplit_once('@'));
                domain.is_some_and(|(_, domain)| domain == known)
            }
            Whom::Group(known) => person.groups.iter().any(|group| group == known),
            Whom::Subject(known) => person.subject == *known,
        };
        self.0.iter().filter(|(whom, _)| is(whom)).map(|(_, role)| *role).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(address: Option<&str>, groups: &[&str]) -> Person {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Person { subject: "s-1".to_owned(), address: address.map(str::to_owned), groups }
    }

    #[test]
    fn the_highest_role_counts() {
        let access: Access =
            "Ann@Example.com=administrator, @example.com=viewer,group:on call=operator, sub:s-9=operator"
                .parse()
                .unwrap();
        let role = |address, groups: &[&str]| access.role_of(&person(address, groups));
        assert_eq!(role(Some("ann@example.COM"), &[]), Some(Role::Administrator));
        assert_eq!(role(Some("ben@example.com"), &[]), Some(Role::Viewer));
        assert_eq!(role(Some("ben@example.com"), &["on call"]), Some(Role::Operator));
        assert_eq!(role(None, &["on call"]), Some(Role::Operator));
        for (address, group) in
            [(Some("ann@example.com.evil.org"), "x"), (Some("x@notexample.com"), "On call"), (None, "")]
        {
            assert_eq!(role(address, &[group]), None, "{address:?}");
        }
        assert_eq!(access.role_of(&Person { subject: "s-9".to_owned(), ..Person::default() }), Some(Role::Operator));
    }

    #[test]
    fn what_names_nobody_or_no_role_is_refused() {
        for bad in [
            "",
            ",",
            "ann@example.com",
            "ann=viewer",
            "ann@example.com=root",
            "group:=viewer",
            "@=viewer",
            "x:y=viewer",
        ] {
            assert!(bad.parse::<Access>().is_err(), "{bad}");
        }
    }
}
