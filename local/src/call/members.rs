//! The members of each call, as the guides have them: what `call ACTIVITY --help` lists, and what a call is held against
//! before it is sent.

use std::fmt::Write as _;

use super::Version;

/// A member of a body, or a parameter of V1.0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) mandatory: bool,
    about: &'static str,
    /// As it is given on the command line.
    example: &'static str,
}

const fn must(name: &'static str, about: &'static str, example: &'static str) -> Member {
    Member { name, mandatory: true, about, example }
}

const fn may(name: &'static str, about: &'static str) -> Member {
    Member { name, mandatory: false, about, example: "" }
}

const ORDER: Member = must("orderId", "the order: a new one for each renewal, upgrade, refund", "orderId=CS1");
const LINE: Member = must("orderLineId", "its line", "orderLineId=CS1-000001");
const REFUND: Member = may("orderId", "the refund order");
const REFUND_LINE: Member = may("orderLineId", "its line");
const BUSINESS: Member = must("businessId", "this request; another one for each resend", "businessId=b-1");
const INSTANCE: Member = must("instanceId", "the instance, as newInstance named it", "instanceId=b-1");
const LICENSE: Member = must("license", "the license code", "license=ABCDE-FGHIJ");
const TEST: Member = may("testFlag", "1: a debug call");
const PRODUCT: Member = may("productId", "the product");
const EXPIRE: Member = must("expireTime", "the end, UTC, yyyyMMddHHmmss[SSS]", "expireTime=20991231160000");
const STATUS: Member = must("status", "FREEZE or UNFREEZE", "status=FREEZE");
const SYNC_TIME: Member = may("currentSyncTime", "UTC+8, yyyyMMddHHmmssSSS: an older sync changes nothing");
const TIME_STAMP: Member = may("timeStamp", "UTC+8, yyyyMMddHHmmssSSS");
const TENANT: Member = must("tenantId", "the enterprise", "tenantId=t-1");
const APP: Member = must("appId", "the application, as the enterprise bound it", "appId=a-1");
const FLAG: Member = must("flag", "1 adds or grants, 2 changes, 3 revokes, 0 deletes", "flag:=1");
const SKU: Member = may("skuCode", "the specification");
const AMOUNT: Member = may("amount", "how many, such as users");
const PERIOD: Member = may("periodType", "year, month or day");
const PERIODS: Member = may("periodNumber", "how many of them");
const MONEY: Member = may("orderAmount", "what was paid");
const CUSTOMER: Member = must("customerId", "the buyer's account", "customerId=c-1");
const NAME: Member = may("customerName", "its name");
const USER: Member = may("userId", "its user");
const USER_NAME: Member = may("userName", "the user's name");
const CHARGING: Member = may("chargingMode", "0 by use, 1 by the period, 3 once");

const REFRESH_SCENE: Member =
    must("scene", "RENEWAL, RENEWAL_CHANGE, TRIAL_TO_FORMAL or UNSUBSCRIBE_RENEWAL_PERIOD", "scene=RENEWAL");
const INFO: Member =
    must("productInfo", "what it would become", "productInfo:='{\"skuCode\":\"large\",\"linearValue\":20}'");
const USERS: &str = r#"userList:='[{"userName":"user-1","name":"A","orgCode":"o1","role":"user","enable":"true"}]'"#;
const USERS_V1: &str = r#"userList='[{"userName":"user-1","name":"A","orgCode":"o1","role":"user","enable":"true"}]'"#;
const DEPARTMENTS: &str = r#"orgInfoList:='[{"orgCode":"o1","orgName":"Headquarters","parentCode":""}]'"#;
const DEPARTMENTS_V1: &str = r#"orgInfo='[{"orgCode":"o1","name":"Headquarters","parentCode":""}]'"#;

const TENANT_SYNC: &[Member] = &[
    must("instanceId", "the instance", "instanceId=b-1"),
    TENANT,
    must("tenantCode", "names it in login addresses", "tenantCode=example"),
    must("name", "the enterprise's name", "name=Example"),
    must("domainName", "its login domain, with https://", "domainName=https://login.example.com"),
    FLAG,
    may("orderId", "the order"),
    TIME_STAMP,
    TEST,
];
const APPLICATION_SYNC: &[Member] = &[
    INSTANCE,
    TENANT,
    APP,
    must("clientId", "the OAuth client", "clientId=client-1"),
    must("clientSecret", "its secret, encrypted by the seller's RSA public key", "clientSecret=BASE64"),
    FLAG,
    may("name", "the application's name"),
    SYNC_TIME,
    TIME_STAMP,
    TEST,
];
const SINGLE_ORG_SYNC: &[Member] = &[
    INSTANCE,
    TENANT,
    must("orgCode", "the department", "orgCode=o1"),
    must("orgName", "its name", "orgName=Headquarters"),
    FLAG,
    may("parentCode", "the department above; empty at the root"),
    may("appId", "the application"),
    SYNC_TIME,
    TIME_STAMP,
    TEST,
];

/// Each activity in each version, with its members.
const ALL: &[(Version, &str, &[Member])] = &[
    (Version::V2, "newInstance", &[ORDER, LINE, BUSINESS, PRODUCT, TEST]),
    (Version::V2, "queryInstance", &[INSTANCE, TEST]),
    (Version::V2, "refreshInstance", &[REFRESH_SCENE, ORDER, LINE, INSTANCE, EXPIRE, PRODUCT, TEST]),
    (Version::V2, "updateInstanceStatus", &[INSTANCE, STATUS, TEST]),
    (Version::V2, "releaseInstance", &[INSTANCE, REFUND, REFUND_LINE, TEST]),
    (Version::V2, "upgradeInstance", &[INSTANCE, ORDER, LINE, PRODUCT, TEST]),
    (Version::V2, "changeInstanceCheck", &[INSTANCE, INFO, TEST]),
    (Version::V2, "orderNotify", &[ORDER, LINE, TEST]),
    (Version::V2, "tenantSync", TENANT_SYNC),
    (Version::V2, "applicationSync", APPLICATION_SYNC),
    (
        Version::V2,
        "authSync",
        &[INSTANCE, TENANT, APP, must("userList", "the users", USERS), FLAG, SYNC_TIME, TIME_STAMP, TEST],
    ),
    (Version::V2, "singleOrgSync", SINGLE_ORG_SYNC),
    (
        Version::V2,
        "allOrgSync",
        &[
            INSTANCE,
            TENANT,
            must("orgInfoList", "all departments", DEPARTMENTS),
            may("appId", "the application"),
            SYNC_TIME,
            TIME_STAMP,
            TEST,
        ],
    ),
    (
        Version::V2,
        "refreshLicenseCode",
        &[
            must("scene", "RENEWAL or UNSUBSCRIBE_RENEWAL_PERIOD", "scene=RENEWAL"),
            ORDER,
            LINE,
            LICENSE,
            EXPIRE,
            PRODUCT,
            TEST,
        ],
    ),
    (Version::V2, "updateLicenseCodeStatus", &[LICENSE, STATUS, TEST]),
    (Version::V2, "releaseLicenseCode", &[LICENSE, REFUND, REFUND_LINE, TEST]),
    (
        Version::V2,
        "getLicenseAsync",
        &[
            INSTANCE,
            must("effectiveTime", "from when, as in the example", "effectiveTime='2025-12-01 10:30:15 z'"),
            must("eventId", "this application for a license", "eventId=e-1"),
            may("expireTime", "until when, in the same form; by the period it must be there"),
            may("deviceFingerprint", "the device"),
            TEST,
        ],
    ),
    (
        Version::V1,
        "newInstance",
        &[
            CUSTOMER,
            BUSINESS,
            ORDER,
            must("productId", "the product", "productId=p-1"),
            NAME,
            USER,
            USER_NAME,
            may("mobilePhone", "its mobile number"),
            may("email", "its e-mail address"),
            SKU,
            may("trialFlag", "1: a trial"),
            may("expireTime", "the end, UTC, yyyyMMddHHmmss; none for once"),
            CHARGING,
            AMOUNT,
            may("diskSize", "GB"),
            may("bandWidth", "Mbit/s"),
            PERIOD,
            PERIODS,
            MONEY,
            may("saasExtendParams", "what the buyer filled in: base64 of JSON"),
            may("acceptanceTime", "when the buyer accepted"),
            may("provisionType", "what is provisioned on acceptance"),
            TEST,
        ],
    ),
    (Version::V1, "queryInstance", &[INSTANCE, TEST]),
    (
        Version::V1,
        "refreshInstance",
        &[
            ORDER,
            INSTANCE,
            EXPIRE,
            PRODUCT,
            may("trialToFormal", "1: a trial turned formal"),
            PERIOD,
            PERIODS,
            MONEY,
            TEST,
        ],
    ),
    (Version::V1, "expireInstance", &[INSTANCE, may("orderId", "the order"), TEST]),
    (Version::V1, "releaseInstance", &[INSTANCE, REFUND, MONEY, TEST]),
    (
        Version::V1,
        "upgrade",
        &[
            INSTANCE,
            ORDER,
            must("skuCode", "the specification", "skuCode=large"),
            must("productId", "the product", "productId=p-1"),
            AMOUNT,
            may("diskSize", "GB"),
            may("bandWidth", "Mbit/s"),
            MONEY,
            TEST,
        ],
    ),
    (
        Version::V1,
        "instanceStatus",
        &[INSTANCE, must("instanceStatus", "FREEZE or NORMAL", "instanceStatus=FREEZE"), TEST],
    ),
    (
        Version::V1,
        "getLicense",
        &[
            CUSTOMER,
            BUSINESS,
            ORDER,
            must("productId", "the product", "productId=p-1"),
            NAME,
            SKU,
            AMOUNT,
            CHARGING,
            may("expireTime", "the end, UTC, yyyyMMddHHmmss"),
            may("saasExtendParams", "what the buyer filled in: base64 of JSON"),
            TEST,
        ],
    ),
    (Version::V1, "refreshLicense", &[LICENSE, ORDER, EXPIRE, may("instanceId", "the instance"), TEST]),
    (Version::V1, "expireLicense", &[LICENSE, may("orderId", "the order"), may("instanceId", "the instance"), TEST]),
    (Version::V1, "releaseLicense", &[LICENSE, REFUND, may("instanceId", "the instance"), TEST]),
    (Version::V1, "tenantSync", TENANT_SYNC),
    (Version::V1, "applicationSync", APPLICATION_SYNC),
    (
        Version::V1,
        "authSync",
        &[INSTANCE, TENANT, APP, must("userList", "the users, as JSON in a text", USERS_V1), FLAG, SYNC_TIME, TEST],
    ),
    (Version::V1, "singleOrgSync", SINGLE_ORG_SYNC),
    (
        Version::V1,
        "allOrgSync",
        &[
            INSTANCE,
            TENANT,
            must("orgInfo", "all departments, as JSON in a text", DEPARTMENTS_V1),
            may("appId", "the application"),
            SYNC_TIME,
            TEST,
        ],
    ),
];

/// The activities of a version.
pub(super) fn activities(version: Version) -> impl Iterator<Item = &'static str> + Clone {
    ALL.iter().filter(move |(of, ..)| *of == version).map(|(_, activity, _)| *activity)
}

/// The members of an activity.
pub(super) fn members(version: Version, activity: &str) -> &'static [Member] {
    ALL.iter().find(|(of, name, _)| *of == version && *name == activity).map_or(&[], |(.., members)| members)
}

/// The members of an activity for a reader, with an example.
pub(super) fn help(version: Version, activity: &str) -> String {
    let members = members(version, activity);
    let mut help = format!("{activity}, {}: M is mandatory, O optional\n\n", version.title());
    for Member { name, mandatory, about, .. } in members {
        let mark = if *mandatory { 'M' } else { 'O' };
        // Writing into memory cannot fail.
        let _ = writeln!(help, "  {name:<18} {mark}  {about}");
    }
    let flag = if version == Version::V1 { "--version v1 " } else { "" };
    let examples: Vec<&str> = members.iter().filter(|member| member.mandatory).map(|member| member.example).collect();
    let _ = write!(help, "\nkoogallery call {flag}{activity} {}", examples.join(" "));
    help
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    /// The calls of the conformance corpus: version, activity, the members of a right call, and those that none is right
    /// without.
    fn corpus() -> Vec<(Version, String, BTreeSet<String>, BTreeSet<String>)> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
        let mut calls = Vec::new();
        for family in std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
        {
            for file in std::fs::read_dir(family).unwrap().map(|entry| entry.unwrap().path()) {
                let case: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
                let version = if case["dialect"].as_str().unwrap().ends_with("V1") { Version::V1 } else { Version::V2 };
                let members = case["request"].as_object().unwrap().keys().filter(|name| *name != "activity").cloned();
                let missing = case["cases"].as_array().unwrap().iter().filter(|case| {
                    case["expect"] == "000002"
                        && case["set"].is_null()
                        && case["omit"].as_array().is_some_and(|omit| omit.len() == 1)
                });
                let missing = missing.map(|case| case["omit"][0].as_str().unwrap().to_owned());
                let needed = missing.filter(|name| name != "activity").collect();
                calls.push((version, case["callback"].as_str().unwrap().to_owned(), members.collect(), needed));
            }
        }
        calls
    }

    #[test]
    fn the_members_are_those_of_the_corpus() {
        let corpus = corpus();
        assert!(corpus.len() > 25);
        for (version, activity, told, needed) in corpus {
            let members = members(version, &activity);
            let names: BTreeSet<String> = members.iter().map(|member| member.name.to_owned()).collect();
            let mandatory: BTreeSet<String> =
                members.iter().filter(|member| member.mandatory).map(|member| member.name.to_owned()).collect();
            assert!(told.is_subset(&names), "{activity}: {told:?}");
            assert!(needed.is_subset(&mandatory), "{activity}: {needed:?} are mandatory");
        }
    }

    #[test]
    fn each_example_has_what_is_mandatory() {
        for (version, activity, members) in ALL {
            super::super::callback(*version, activity).unwrap();
            let help = help(*version, activity);
            for member in members.iter().filter(|member| member.mandatory) {
                let (name, _) = super::super::read_member(&member.example.replace('\'', "")).unwrap();
                assert_eq!(name, member.name);
                assert!(help.contains(member.example) && help.contains(&format!("{:<18} M", member.name)), "{help}");
            }
        }
    }
}
