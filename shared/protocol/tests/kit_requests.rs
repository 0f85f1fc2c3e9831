//! What the joint-operations kit's requests promise: both dialects' bodies read alike, every mandatory member and limit
//! held, nothing personal shown.

#![allow(clippy::unwrap_used)]

use koogallery::{
    AllOrgSync, Application, ApplicationSync, AuthSync, Change, Department, EncryptedSecret, Request, Role,
    SingleOrgSync, SyncTime, Tenant, TenantChange, TenantDetails, TenantSync, TestFlag, Timestamp, User, UserName,
    UsersChange, canonical_form,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn read<R: Request>(body: &Value) -> Result<R, String> {
    R::from_body(body.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name).unwrap();
    body
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

fn tenant() -> Value {
    json!({ "instanceId": "i-1", "orderId": "CS1", "tenantId": "t-1", "tenantCode": "example", "name": "Example",
        "domainName": "https://example.com", "flag": 1, "testFlag": 0, "timeStamp": "20251124174912345" })
}

fn application() -> Value {
    json!({ "instanceId": "i-1", "tenantId": "t-1", "appId": "a-1", "clientId": "c-1", "clientSecret": "c2VjcmV0",
        "name": "Example", "flag": "1", "currentSyncTime": "20251124174912345", "timeStamp": "20251124174912345" })
}

fn user() -> Value {
    json!({ "userName": "zhang.san", "name": "张三", "orgCode": "o-1", "role": "admin", "enable": "true" })
}

fn auth(users: impl Into<Value>) -> Value {
    json!({ "instanceId": "i-1", "tenantId": "t-1", "appId": "a-1", "flag": 1, "userList": users.into(),
        "currentSyncTime": "20251124174912345", "testFlag": 0, "timeStamp": "20251124174912345" })
}

fn department() -> Value {
    json!({ "instanceId": "i-1", "tenantId": "t-1", "appId": "a-1", "orgCode": "o-2", "orgName": "Sales",
        "parentCode": "o-1", "flag": 1, "timeStamp": "20251124174912345" })
}

fn departments(list: impl Into<Value>) -> Value {
    json!({ "instanceId": "i-1", "tenantId": "t-1", "appId": "a-1", "orgInfoList": list.into() })
}

/// Each of `names` missing, blank or null is refused by its name.
fn mandatory<R: Request>(body: &Value, names: &[&str]) {
    assert!(read::<R>(body).is_ok(), "{body}");
    for name in names {
        let blank = with(body.clone(), name, "");
        let null = with(body.clone(), name, Value::Null);
        for bad in [without(body.clone(), name), blank, null] {
            let problem = read::<R>(&bad).err().unwrap_or_else(|| panic!("{bad}"));
            assert!(problem.contains(name) && !problem.contains(" at line "), "{name}: {problem}");
        }
    }
}

fn limited<R: Request>(body: &Value, limits: &[(&str, usize)]) {
    for (name, max) in limits {
        assert!(read::<R>(&with(body.clone(), name, "实".repeat(*max))).is_ok(), "{name}");
        let problem = read::<R>(&with(body.clone(), name, "x".repeat(max + 1))).err().unwrap();
        assert_eq!(problem, format!("{name} is longer than {max} characters"));
    }
}

#[test]
fn mandatory_members_and_limits_hold() {
    mandatory::<TenantSync>(&tenant(), &["tenantId", "tenantCode", "name", "domainName", "flag"]);
    let ids = [("instanceId", 64), ("tenantId", 64)];
    limited::<TenantSync>(&tenant(), &ids);
    limited::<TenantSync>(&tenant(), &[("orderId", 64), ("tenantCode", 64), ("name", 255), ("domainName", 255)]);
    mandatory::<ApplicationSync>(&application(), &["tenantId", "appId", "clientId", "clientSecret", "flag"]);
    limited::<ApplicationSync>(&application(), &ids);
    mandatory::<AuthSync>(&auth([user()]), &["instanceId", "tenantId", "appId", "flag"]);
    limited::<AuthSync>(&auth([user()]), &[("appId", 64)]);
    mandatory::<SingleOrgSync>(&department(), &["tenantId", "orgCode", "orgName", "flag"]);
    limited::<SingleOrgSync>(&department(), &[("orgCode", 64), ("orgName", 128), ("parentCode", 64)]);
    mandatory::<AllOrgSync>(&departments(json!([])), &["tenantId"]);
    limited::<AllOrgSync>(&departments(json!([])), &ids);

    for name in ["userName", "name", "orgCode", "role", "enable"] {
        for bad in [without(user(), name), with(user(), name, ""), with(user(), name, Value::Null)] {
            assert!(read::<AuthSync>(&auth([user(), bad.clone()])).unwrap_err().contains(name), "{bad}");
        }
    }
    for (name, max) in [("userName", 64), ("name", 64), ("orgCode", 64)] {
        let bad = auth([with(user(), name, "x".repeat(max + 1))]);
        assert_eq!(read::<AuthSync>(&bad).unwrap_err(), format!("{name} is longer than {max} characters"));
    }
    let listed = json!({ "orgCode": "o-1", "orgName": "Sales", "parentCode": "" });
    for name in ["orgCode", "orgName"] {
        assert!(read::<AllOrgSync>(&departments([without(listed.clone(), name)])).unwrap_err().contains(name));
    }
}

#[test]
fn instance_and_order_may_be_blank() {
    for blank in [json!(""), json!(" "), Value::Null] {
        let body = with(with(tenant(), "instanceId", blank.clone()), "orderId", blank);
        let request: TenantSync = read(&body).unwrap();
        assert_eq!((request.instance_id, request.order_id), (None, None));
    }
    assert_eq!(read::<AllOrgSync>(&without(departments(json!([])), "instanceId")).unwrap().instance_id, None);
}

#[test]
fn a_change_of_a_tenant_is_of_its_name_and_domain_only() {
    let change = with(tenant(), "flag", "2");
    let request: TenantSync = read(&change).unwrap();
    assert!(
        matches!(&request.change, TenantChange::Modify(details) if details.name.as_str() == "Example"),
        "{request:?}"
    );
    for other in [without(change.clone(), "tenantCode"), with(change.clone(), "tenantCode", "x".repeat(65))] {
        assert_eq!(read::<TenantSync>(&other).unwrap(), request);
    }
    for name in ["name", "domainName"] {
        assert!(read::<TenantSync>(&without(change.clone(), name)).unwrap_err().contains(name));
    }
    assert!(read::<TenantSync>(&without(tenant(), "tenantCode")).unwrap_err().contains("tenantCode"));
}

#[test]
fn other_names_and_forms_mean_the_same() {
    let underscored = with(without(tenant(), "domainName"), "domain_name", "https://example.com");
    assert_eq!(read::<TenantSync>(&underscored), read(&tenant()));
    let both = with(tenant(), "domain_name", "https://other.example.com");
    assert_eq!(read::<TenantSync>(&both), read(&tenant()));

    let in_a_text = auth(json!([user()]).to_string());
    assert_eq!(read::<AuthSync>(&in_a_text), read(&auth([user()])));
    assert_eq!(read::<AuthSync>(&auth([with(user(), "enable", true)])), read(&auth([user()])));

    let listed = json!([{ "orgCode": 7, "orgName": "Sales", "parentCode": "" }]);
    let named = json!([{ "orgCode": "7", "name": "Sales" }]);
    let v2 = read::<AllOrgSync>(&departments(listed)).unwrap();
    let v1 = with(without(departments(json!([])), "orgInfoList"), "orgInfo", named.to_string());
    assert_eq!(read::<AllOrgSync>(&v1).unwrap(), v2);
    assert_eq!(v2.departments[0].0.as_str(), "7");

    let renamed = with(without(department(), "orgName"), "name", "Sales");
    let request = read::<SingleOrgSync>(&renamed).unwrap();
    assert_eq!(Ok(&request), read(&department()).as_ref());
    let Change::Add(department) = request.change else { panic!("flag 1 adds") };
    assert!(department.other.is_empty(), "what belongs to the call is not the department's");
}

#[test]
fn flags_are_known_and_fit_the_thing() {
    for (flag, taken) in [(json!(0), true), (json!("2"), true), (json!(3), false), (json!(4), false)] {
        assert_eq!(read::<TenantSync>(&with(tenant(), "flag", flag.clone())).is_ok(), taken, "{flag}");
        assert_eq!(read::<ApplicationSync>(&with(application(), "flag", flag.clone())).is_ok(), taken, "{flag}");
        assert_eq!(read::<SingleOrgSync>(&with(department(), "flag", flag.clone())).is_ok(), taken, "{flag}");
    }
    for bad in [json!(4), json!("add"), json!(true), json!(-1), json!({})] {
        assert!(read::<AuthSync>(&with(auth([user()]), "flag", bad.clone())).unwrap_err().contains("flag"), "{bad}");
    }
    for (flag, expected) in
        [(0, "Delete(1 users)"), (1, "Grant(1 users)"), (2, "Change(1 users)"), (3, "Revoke(1 users)")]
    {
        let request = read::<AuthSync>(&with(auth([user()]), "flag", flag)).unwrap();
        assert_eq!(format!("{:?}", request.change), expected);
    }
}

#[test]
fn to_take_away_the_ids_are_enough() {
    let tenant = json!({ "tenantId": "t-1", "flag": "0" });
    assert_eq!(read::<TenantSync>(&tenant).unwrap().change, TenantChange::Delete);
    let application = with(tenant, "appId", "a-1");
    assert_eq!(read::<ApplicationSync>(&application).unwrap().change, Change::Delete);
    let department = with(application, "orgCode", "o-1");
    assert_eq!(read::<SingleOrgSync>(&department).unwrap().change, Change::Delete);
    let user = json!([{ "userName": "zhang.san" }]);
    for flag in [0, 3] {
        assert!(read::<AuthSync>(&with(auth(user.clone()), "flag", flag)).is_ok());
    }
}

#[test]
fn a_body_of_one_call_is_no_other_call() {
    let of_an_application = json!({ "tenantId": "t-1", "appId": "a-1", "flag": 0 });
    assert!(read::<TenantSync>(&of_an_application).unwrap_err().contains("appId"));
    let bodies = [tenant(), application(), auth([user()]), department(), departments(json!([]))];
    for (at, body) in bodies.iter().enumerate() {
        for flag in [0, 1] {
            let body = with(body.clone(), "flag", flag);
            let taken = [
                read::<TenantSync>(&body).is_ok(),
                read::<ApplicationSync>(&body).is_ok(),
                read::<AuthSync>(&body).is_ok(),
                read::<SingleOrgSync>(&body).is_ok(),
                read::<AllOrgSync>(&body).is_ok(),
            ];
            let expected: Vec<bool> = (0..5).map(|call| call == at).collect();
            assert_eq!(taken[..], expected, "{body}");
        }
    }
}

#[test]
fn ids_keep_every_digit_that_they_came_with() {
    let long = "30000000000000000000001";
    for body in [
        r#"{"tenantId":ID,"instanceId":ID,"orderId":ID,"flag":0}"#,
        r#"{"tenantId":"ID","instanceId":"ID","orderId":"ID","flag":"0"}"#,
    ] {
        let request = TenantSync::from_body(body.replace("ID", long).as_bytes()).unwrap();
        assert_eq!(request.tenant_id.as_str(), long);
        assert_eq!(request.instance_id.unwrap().as_str(), long);
        assert_eq!(request.order_id.unwrap().as_str(), long);
    }
    // What stands beside `flag` passes through serde's own buffer, and a list through a text.
    let added = format!(r#"{{"tenantId":1,"tenantCode":{long},"name":"n","domainName":"d","flag":1}}"#);
    let TenantChange::Add(tenant) = TenantSync::from_body(added.as_bytes()).unwrap().change else {
        panic!("flag 1 adds")
    };
    assert_eq!(tenant.tenant_code.as_str(), long);
    let users = format!(r#"[{{"userName":{long}}},{{"userName":30000000000000000000002}}]"#);
    for list in [users.clone(), serde_json::to_string(&users).unwrap()] {
        let body = format!(r#"{{"instanceId":1,"tenantId":1,"appId":{long},"flag":3,"userList":{list}}}"#);
        let request = AuthSync::from_body(body.as_bytes()).unwrap();
        let UsersChange::Revoke(names) = request.change else { panic!("flag 3 revokes") };
        assert_eq!(names.iter().map(UserName::as_str).collect::<Vec<_>>(), [long, "30000000000000000000002"]);
        assert_eq!(request.app_id.as_str(), long);
    }
    let orgs = format!(r#"{{"tenantId":1,"orgInfoList":[{{"orgCode":{long},"orgName":"n","parentCode":{long}}}]}}"#);
    let request = AllOrgSync::from_body(orgs.as_bytes()).unwrap();
    assert_eq!(request.departments[0].0.as_str(), long);
    assert_eq!(request.departments[0].1.parent_code.as_ref().unwrap().as_str(), long);
    for odd in ["-1", "1.0", "1e3", "-30000000000000000000001", "30000000000000000000001.0"] {
        assert!(TenantSync::from_body(format!(r#"{{"tenantId":{odd},"flag":0}}"#).as_bytes()).is_err(), "{odd}");
        let added = format!(r#"{{"tenantId":1,"tenantCode":{odd},"name":"n","domainName":"d","flag":1}}"#);
        assert!(TenantSync::from_body(added.as_bytes()).is_err(), "{odd}");
    }
}

#[test]
fn of_what_a_list_names_twice_the_last_stands() {
    let twice = auth([user(), with(user(), "name", "Zhang San"), with(user(), "userName", "li.si")]);
    let UsersChange::Grant(users) = read::<AuthSync>(&twice).unwrap().change else { panic!("flag 1 grants") };
    assert_eq!(users.len(), 2);
    assert_eq!(users[0].name.as_str(), "Zhang San");
    let UsersChange::Delete(names) = read::<AuthSync>(&with(twice, "flag", 0)).unwrap().change else {
        panic!("flag 0 deletes")
    };
    assert_eq!(names.len(), 2);
    let twice = json!([{ "orgCode": "o-1", "orgName": "Sales" }, { "orgCode": "o-1", "orgName": "Support" }]);
    let listed = read::<AllOrgSync>(&departments(twice)).unwrap().departments;
    assert_eq!((listed.len(), listed[0].1.org_name.as_str()), (1, "Support"));
}

#[test]
fn what_is_no_list_is_refused_without_being_repeated() {
    for bad in [json!("zhang.san"), json!({ "userName": "zhang.san" }), json!(""), Value::Null, json!(["zhang.san"])] {
        let problem = read::<AuthSync>(&auth(bad.clone())).unwrap_err();
        assert!(!problem.contains("zhang") && !problem.contains(" at line "), "{bad}: {problem}");
        assert!(read::<AllOrgSync>(&departments(bad)).is_err());
    }
    assert!(read::<AllOrgSync>(&without(departments(json!([])), "orgInfoList")).unwrap_err().contains("orgInfoList"));
}

#[test]
fn unknown_members_of_a_list_are_kept() {
    let more = with(with(user(), "costCentre", json!([1, "x"])), "mobile", 13_800_000_000_u64);
    let UsersChange::Grant(users) = read::<AuthSync>(&auth([more])).unwrap().change else { panic!("flag 1 grants") };
    assert_eq!(users[0].other["costCentre"], json!([1, "x"]));
    assert_eq!(users[0].mobile.as_deref(), Some("13800000000"));
    let listed = json!([{ "orgCode": "o-1", "orgName": "Sales", "parentCode": "", "leader": "x" }]);
    assert_eq!(read::<AllOrgSync>(&departments(listed)).unwrap().departments[0].1.other["leader"], "x");
}

#[test]
fn the_time_of_a_sync_is_optional_and_no_nonsense() {
    let time = |body| read::<ApplicationSync>(&body).map(|request| request.sync_time.map(SyncTime::timestamp));
    assert_eq!(time(application()), Ok(Some(Timestamp::from_millis(1_763_977_752_345))));
    assert_eq!(time(without(application(), "currentSyncTime")), Ok(None));
    assert_eq!(time(with(application(), "currentSyncTime", "")), Ok(None));
    assert!(time(with(application(), "currentSyncTime", "now")).unwrap_err().contains("currentSyncTime"));
}

#[test]
fn nothing_personal_is_shown() {
    let request = read::<AuthSync>(&auth([with(user(), "email", "zhang.san@example.com")])).unwrap();
    let UsersChange::Grant(users) = &request.change else { panic!("flag 1 grants") };
    let shown = format!("{request:?} {users:?} {:?}", read::<ApplicationSync>(&application()));
    for hidden in ["zhang", "张三", "example.com", "c2VjcmV0"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

fn text(max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("\\PC{{1,{max}}}"))
        .unwrap()
        .prop_filter("not blank", |text| !text.trim().is_empty())
}

fn users() -> impl Strategy<Value = Vec<User>> {
    let user = (text(64), text(64), text(64), any::<(bool, bool)>(), prop::option::of(text(20)), text(8)).prop_map(
        |(user_name, name, org_code, (admin, enable), email, more)| User {
            user_name: user_name.parse().unwrap(),
            name: name.parse().unwrap(),
            org_code: org_code.parse().unwrap(),
            role: if admin { Role::Admin } else { Role::User },
            enable,
            position: None,
            employee_code: email.clone(),
            employee_type: None,
            mobile: None,
            email,
            other: Map::from_iter([(format!("~{more}"), json!([more]))]),
        },
    );
    prop::collection::vec(user, 0..4)
}

fn reads_back<R: Request + PartialEq + std::fmt::Debug>(request: &R) -> Result<(), TestCaseError> {
    let body = request.to_body();
    prop_assert_eq!(&R::from_body(body.as_bytes()).unwrap(), request);
    prop_assert_eq!(&canonical_form(body.as_bytes()).unwrap(), &body);
    prop_assert!(serde_json::from_str::<Value>(&body).unwrap().get("activity").is_none());
    Ok(())
}

fn change<T>(flag: i32, told: T) -> Change<T> {
    match flag {
        0 => Change::Delete,
        1 => Change::Add(told),
        _ => Change::Modify(told),
    }
}

proptest! {
    #[test]
    fn every_request_reads_back(
        (instance, tenant, app, org) in (prop::option::of(text(64)), text(64), text(64), text(64)),
        (name, parent, domain) in (text(64), prop::option::of(text(64)), text(255)),
        users in users(),
        flag in 0..4,
        millis in prop::option::of(0i64..253_402_200_000_000),
        debug: bool,
    ) {
        let instance_id: Option<koogallery::InstanceId> = instance.map(|id| id.parse().unwrap());
        let tenant_id: koogallery::TenantId = tenant.parse().unwrap();
        let app_id: koogallery::AppId = app.parse().unwrap();
        let sync_time = millis.map(|millis| SyncTime::from_timestamp(Timestamp::from_millis(millis)).unwrap());
        let test_flag = if debug { TestFlag::Debug } else { TestFlag::Real };
        let department = Department {
            org_name: name.parse().unwrap(),
            parent_code: parent.map(|code| code.parse().unwrap()),
            other: Map::new(),
        };
        let names = || users.iter().map(|user| user.user_name.clone()).collect();
        let told = Tenant {
            tenant_code: tenant.parse().unwrap(),
            details: TenantDetails { name: name.parse().unwrap(), domain_name: domain.parse().unwrap() },
        };
        let tenant_change = match change(flag, told) {
            Change::Add(told) => TenantChange::Add(told),
            Change::Modify(told) => TenantChange::Modify(told.details),
            Change::Delete => TenantChange::Delete,
        };
        reads_back(&TenantSync {
            instance_id: instance_id.clone(), order_id: None, tenant_id: tenant_id.clone(),
            change: tenant_change, test_flag,
        })?;
        let told = Application {
            client_id: tenant.parse().unwrap(), client_secret: EncryptedSecret::try_from(domain).unwrap(), name: Some(name),
        };
        reads_back(&ApplicationSync {
            instance_id: instance_id.clone(), tenant_id: tenant_id.clone(), app_id: app_id.clone(),
            change: change(flag, told), sync_time, test_flag,
        })?;
        reads_back(&AuthSync {
            instance_id: org.parse().unwrap(), tenant_id: tenant_id.clone(), app_id: app_id.clone(), sync_time, test_flag,
            change: match flag {
                0 => UsersChange::Delete(names()),
                1 => UsersChange::Grant(users.clone()),
                2 => UsersChange::Change(users.clone()),
                _ => UsersChange::Revoke(names()),
            },
        })?;
        let org_code: koogallery::OrgCode = org.parse().unwrap();
        reads_back(&SingleOrgSync {
            instance_id: instance_id.clone(), tenant_id: tenant_id.clone(), app_id: None, org_code: org_code.clone(),
            change: change(flag, department.clone()), sync_time, test_flag,
        })?;
        reads_back(&AllOrgSync {
            instance_id, tenant_id, app_id: Some(app_id), departments: vec![(org_code, department)], sync_time, test_flag,
        })?;
    }

    #[test]
    fn no_body_makes_a_parser_panic(body in prop::collection::vec(any::<u8>(), 0..128), text in "\\PC{0,40}", flag in 0..4) {
        let near = auth(text.as_str()).to_string();
        for body in [body.as_slice(), near.as_bytes(), with(auth(text.as_str()), "flag", flag).to_string().as_bytes()] {
            drop(TenantSync::from_body(body));
            drop(ApplicationSync::from_body(body));
            drop(AuthSync::from_body(body));
            drop(SingleOrgSync::from_body(body));
            drop(AllOrgSync::from_body(body));
        }
    }
}
