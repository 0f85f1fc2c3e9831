//! Finds V1.0 parameters that are joined into one.
//!
//! V1.0 signs the text `name=value&name=value`, and nothing marks the end of a value. Somebody who intercepts a call could join
//! two of its parameters into one, and the token would still be right: a debug call without its testFlag would become a real
//! one. So a value that contains another parameter is refused, and so is a name that contains a character that joins
//! parameters.

use percent_encoding::percent_decode_str;

/// The parameters of the basic callbacks and of License 1.0 (topics 0070649057, 0070649064.., 0070649153).
pub(super) const BASIC: &[&str] = &[
    "acceptanceTime",
    "activity",
    "amount",
    "authToken",
    "bandWidth",
    "businessId",
    "chargingMode",
    "customerId",
    "customerName",
    "diskSize",
    "email",
    "expireTime",
    "instanceId",
    "instanceStatus",
    "license",
    "licenseCode",
    "mobilePhone",
    "orderAmount",
    "orderId",
    "periodNumber",
    "periodType",
    "platformParams",
    "productId",
    "provisionType",
    "saasExtendParams",
    "skuCode",
    "testFlag",
    "timeStamp",
    "trialFlag",
    "trialToFormal",
    "userId",
    "userName",
];
/// The members of the joint-operations kit's bodies (topic 0070649111).
pub(super) const KIT: &[&str] = &[
    "appId",
    "authToken",
    "clientId",
    "clientSecret",
    "currentSyncTime",
    "domainName",
    "domain_name",
    "flag",
    "instanceId",
    "name",
    "orderId",
    "orgCode",
    "orgInfo",
    "orgInfoList",
    "orgName",
    "parentCode",
    "tenantCode",
    "tenantId",
    "testFlag",
    "timeStamp",
    "userList",
];

/// Whether one of the parameters contains another one of `known`, plain or URL-encoded.
pub(super) fn hold_another(parameters: &[(String, String)], known: &[&str]) -> bool {
    parameters.iter().any(|(name, value)| {
        name.contains(['&', '='])
            || holds(value, known)
            || (value.contains('%') && holds(&percent_decode_str(value).decode_utf8_lossy(), known))
    })
}

fn holds(value: &str, known: &[&str]) -> bool {
    let names = value.split('&').skip(1).filter_map(|part| part.split_once('=')).map(|(name, _)| name);
    names.into_iter().any(|name| known.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(name: &str, value: &str) -> bool {
        hold_another(&[(name.to_owned(), value.to_owned())], BASIC)
    }

    #[test]
    fn a_value_with_another_parameter_in_it_is_found() {
        for value in
            ["s&testFlag=1", "&orderId=", "a&b&skuCode=x&c", "s%26testFlag%3D1", "s%26testFlag=1", "s&testFlag%3D1"]
        {
            assert!(folded("skuCode", value), "{value}");
        }
        for (name, value) in [("skuCode=s&testFlag", "1"), ("a&b", "1"), ("a=b", "")] {
            assert!(folded(name, value), "{name}");
        }
    }

    #[test]
    fn an_ampersand_alone_is_a_value() {
        for value in
            ["R&D", "a&b=c", "&", "testFlag=1", "x&testFlag", "x&TestFlag=1", "%26", "a%26b%3Dc", "%", "云&商店=1"]
        {
            assert!(!folded("customerName", value), "{value}");
        }
    }

    #[test]
    fn lists_are_sorted_so_that_they_can_be_read() {
        assert!(BASIC.is_sorted() && KIT.is_sorted());
    }
}
