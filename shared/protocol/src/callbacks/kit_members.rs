//! Checks which call of the joint-operations kit a body belongs to.
//!
//! The kit's signatures cover the body and not the path. So somebody could send a body that KooGallery signed for one call to the path
//! of another: the body of an authSync could remove a tenant. Therefore a body must not have members that belong only to another
//! call.

use serde_json::value::RawValue;

use super::Callback;
use crate::canonical::Members;
use crate::invalid_request::InvalidRequest;

/// The members that belong only to one call, in V2.0 and in V1.0 (topics 0070649435, 0070649111).
const OWN: [(Callback, &[&str]); 5] = [
    (Callback::TenantSync, &["tenantCode", "domainName", "domain_name"]),
    (Callback::ApplicationSync, &["clientId", "clientSecret"]),
    (Callback::AuthSync, &["userList"]),
    (Callback::SingleOrgSync, &["orgCode", "orgName", "parentCode"]),
    (Callback::AllOrgSync, &["orgInfoList", "orgInfo"]),
];

/// The member of every call except tenantSync. A body with it, and without a member of a tenant, belongs to another call, such as an
/// applicationSync that deletes.
const NOT_OF_A_TENANT: &str = "appId";

/// Refuses a body with members of another call. A member that is null or blank does not count.
pub(super) fn refuse_those_of_others(callback: Callback, body: &[u8]) -> Result<(), InvalidRequest> {
    let Members(members) = serde_json::from_slice(body)?;
    let told = || members.iter().filter(|(_, value)| !is_blank(value)).map(|(name, _)| name.as_str());
    let is_of = |owner: Callback, name: &str| OWN.iter().any(|(of, names)| *of == owner && names.contains(&name));
    let is_of_another = |name: &&str| OWN.iter().any(|(owner, _)| *owner != callback && is_of(*owner, name));

    let without_tenant = callback == Callback::TenantSync && !told().any(|name| is_of(callback, name));
    let foreign = told().find(is_of_another).or_else(|| told().find(|name| without_tenant && *name == NOT_OF_A_TENANT));
    match foreign {
        Some(name) => Err(InvalidRequest::of(format!("{name} does not belong to {}", callback.activity()))),
        None => Ok(()),
    }
}

fn is_blank(value: &RawValue) -> bool {
    let value = value.get();
    value == "null"
        || value.strip_prefix('"').and_then(|text| text.strip_suffix('"')).is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_refuses_what_another_alone_carries() {
        for (callback, own) in OWN {
            for (other, names) in OWN {
                for name in names {
                    let body = format!(r#"{{"instanceId":"i","flag":0,"{name}":["x"]}}"#);
                    let checked = refuse_those_of_others(callback, body.as_bytes());
                    assert_eq!(checked.is_ok(), callback == other, "{callback:?} {name}");
                    for blank in ["null", r#""""#, r#"" ""#] {
                        let body = format!(r#"{{"{name}":{blank}}}"#);
                        assert_eq!(refuse_those_of_others(callback, body.as_bytes()), Ok(()), "{callback:?} {name}");
                    }
                }
            }
            assert!(!own.is_empty());
        }
        let told = refuse_those_of_others(Callback::TenantSync, br#"{"appId":"a-1","flag":0}"#).unwrap_err();
        assert_eq!(told.to_string(), "appId does not belong to tenantSync");
        let tenant = br#"{"appId":"a-1","flag":0,"tenantCode":"c"}"#;
        assert_eq!(refuse_those_of_others(Callback::TenantSync, tenant), Ok(()));
    }
}
