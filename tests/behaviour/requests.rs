//! Every callback's request over HTTP: the good path, each mandatory member, each limit, and what is no request at all.

#![allow(clippy::unwrap_used)]

use koogallery::{InterfaceType, NewInstance, Reply};
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::Seller;
use serde_json::{Value, json};

const ID: &str = "the-instance";

/// A callback as the guide's table has it.
struct Callback {
    body: Value,
    signed_with: InterfaceType,
    /// Mandatory text members with their largest length.
    mandatory: &'static [(&'static str, usize)],
    optional: &'static [(&'static str, usize)],
}

fn callbacks() -> Vec<Callback> {
    let basic = |body, mandatory, optional| Callback { body, signed_with: InterfaceType::Basic, mandatory, optional };
    vec![
        basic(
            json!({ "activity": "newInstance", "orderId": "CS2", "orderLineId": "CS2-000001", "businessId": "b-2" }),
            &[("orderId", 64), ("orderLineId", 64), ("businessId", 64)],
            &[("productId", 64)],
        ),
        basic(json!({ "activity": "queryInstance", "instanceId": ID }), &[("instanceId", 64)], &[]),
        basic(
            json!({ "activity": "refreshInstance", "scene": "RENEWAL", "orderId": "CS3", "orderLineId": "CS3-000001",
                "instanceId": ID, "expireTime": "20361231160000000" }),
            &[("scene", 0), ("orderId", 64), ("orderLineId", 64), ("instanceId", 64), ("expireTime", 17)],
            &[("productId", 64)],
        ),
        basic(
            json!({ "activity": "updateInstanceStatus", "instanceId": ID, "status": "UNFREEZE" }),
            &[("instanceId", 64), ("status", 0)],
            &[],
        ),
        basic(
            json!({ "activity": "upgradeInstance", "orderId": "CS4", "orderLineId": "CS4-000001", "instanceId": ID }),
            &[("orderId", 64), ("orderLineId", 64), ("instanceId", 64)],
            &[],
        ),
        basic(
            json!({ "activity": "changeInstanceCheck", "instanceId": ID, "productInfo": { "skuCode": "s", "linearValue": 3 } }),
            &[("instanceId", 64), ("productInfo", 0)],
            &[],
        ),
        Callback {
            body: json!({ "activity": "orderNotify", "orderId": "CS5", "orderLineId": "CS5-000001", "testFlag": "0" }),
            signed_with: InterfaceType::Order,
            mandatory: &[("orderId", 64), ("orderLineId", 64)],
            optional: &[],
        },
        basic(
            json!({ "activity": "releaseInstance", "instanceId": ID }),
            &[("instanceId", 64)],
            &[("orderId", 64), ("orderLineId", 64)],
        ),
    ]
}

async fn seller() -> Seller {
    let seller = Seller::start().await;
    seller.succeed(&NewInstance::new("CS1", "CS1-000001", ID).unwrap()).await;
    seller
}

async fn send(seller: &Seller, callback: &Callback, body: &Value) -> Reply {
    let key = seller.key(callback.signed_with);
    let body = koogallery::canonical_form(body.to_string().as_bytes()).unwrap();
    seller.send(&SignedCall::basic(&key, body, now(), &new_nonce())).await
}

#[tokio::test]
async fn each_callback_is_answered() {
    let seller = seller().await;
    for callback in callbacks() {
        for extra in [json!({}), json!({ "testFlag": 0 }), json!({ "unknown": { "deep": [1, null] } })] {
            let mut body = callback.body.clone();
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let reply = send(&seller, &callback, &body).await;
            assert_eq!(reply.result_code.as_str(), "000000", "{body}: {}", reply.result_msg);
        }
    }
}

#[tokio::test]
async fn each_mandatory_member_must_be_there() {
    let seller = seller().await;
    let before = seller.standing().await;
    for callback in callbacks() {
        for (name, _) in callback.mandatory {
            for wrong in [None, Some(Value::Null), Some(json!("")), Some(json!([]))] {
                let mut body = callback.body.clone();
                match wrong {
                    None => drop(body.as_object_mut().unwrap().remove(*name)),
                    Some(value) => body[*name] = value,
                }
                let reply = send(&seller, &callback, &body).await;
                assert_eq!(reply.result_code.as_str(), "000002", "{body}");
            }
        }
    }
    assert_eq!(seller.standing().await, before, "a refused call changes nothing");
}

#[tokio::test]
async fn each_length_limit_holds() {
    let seller = seller().await;
    for callback in callbacks() {
        let limits =
            callback.mandatory.iter().chain(callback.optional).filter(|(name, max)| *max > 0 && *name != "expireTime");
        for (name, max) in limits {
            let mut body = callback.body.clone();
            body[*name] = "实".repeat(*max).into();
            let reply = send(&seller, &callback, &body).await;
            assert_ne!(reply.result_code.as_str(), "000002", "{name} of {max}: {}", reply.result_msg);
            body[*name] = "x".repeat(max + 1).into();
            let reply = send(&seller, &callback, &body).await;
            assert_eq!(reply.result_code.as_str(), "000002", "{name} of {}", max + 1);
            assert!(reply.result_msg.contains(name), "{}", reply.result_msg);
        }
    }
}

#[tokio::test]
async fn unknown_words_are_refused() {
    let seller = seller().await;
    let refused = [
        json!({ "activity": "newInstances" }),
        json!({ "activity": "tenantSync" }),
        json!({ "activity": 7 }),
        json!({ "orderId": "CS1" }),
        json!({ "activity": "updateInstanceStatus", "instanceId": ID, "status": "freeze" }),
        json!({ "activity": "refreshInstance", "scene": "GIFT", "orderId": "o", "orderLineId": "l", "instanceId": ID,
            "expireTime": "20361231160000" }),
        json!({ "activity": "refreshInstance", "scene": "RENEWAL", "orderId": "o", "orderLineId": "l", "instanceId": ID,
            "expireTime": "20361331160000" }),
        json!({ "activity": "queryInstance", "instanceId": ID, "testFlag": "2" }),
        json!({ "activity": "queryInstance", "instanceId": format!("i,i,i{}", "x".repeat(64)) }),
        json!({ "activity": "queryInstance", "instanceId": (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(",") }),
    ];
    for body in refused {
        assert_eq!(seller.send(&seller.signed_body(&body.to_string())).await.result_code.as_str(), "000002", "{body}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_the_protocol() {
    let seller = seller().await;
    let before = seller.everything().await.len();
    let huge = format!(r#"{{"activity":"newInstance","x":"{}"}}"#, "x".repeat(1024 * 1024));
    let enormous = "x".repeat(7 * 1024 * 1024);
    for body in ["", "x", "[]", "null", "\"newInstance\"", "{\"activity\":\"newInstance\"", &huge, &enormous] {
        let reply = seller.send(&seller.signed_body(body)).await;
        assert_eq!(reply.result_code.as_str(), "000002", "{} bytes", body.len());
    }
    for method in [http::Method::GET, http::Method::PUT, http::Method::DELETE, http::Method::PATCH] {
        let mut call = seller.signed_body(&callbacks()[0].body.to_string());
        call.method = method;
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000002");
    }
    assert_eq!(seller.everything().await.len(), before);
}

#[tokio::test]
async fn an_optional_member_may_be_there_or_not_in_either_form() {
    let seller = seller().await;
    for callback in callbacks() {
        for (name, _) in callback.optional {
            for value in [Value::Null, json!(""), json!(" "), json!("a-value"), json!(12)] {
                let mut body = callback.body.clone();
                body[*name] = value;
                let reply = send(&seller, &callback, &body).await;
                assert_eq!(reply.result_code.as_str(), "000000", "{body}: {}", reply.result_msg);
            }
            for value in [json!([]), json!({}), json!(true)] {
                let mut body = callback.body.clone();
                body[*name] = value;
                assert_eq!(send(&seller, &callback, &body).await.result_code.as_str(), "000002", "{body}");
            }
        }
        for value in [Value::Null, json!(""), json!("0"), json!(0), json!("1"), json!(1)] {
            let mut body = callback.body.clone();
            body["testFlag"] = value;
            let reply = send(&seller, &callback, &body).await;
            assert_eq!(reply.result_code.as_str(), "000000", "{body}: {}", reply.result_msg);
        }
        for value in [json!("2"), json!(-1), json!(true), json!(0.5), json!([])] {
            let mut body = callback.body.clone();
            body["testFlag"] = value;
            assert_eq!(send(&seller, &callback, &body).await.result_code.as_str(), "000002", "{body}");
        }
    }
}

#[tokio::test]
async fn an_expiry_is_a_utc_time_of_14_or_17_digits() {
    let seller = seller().await;
    let callback = &callbacks()[2];
    for (expire_time, code) in [
        (json!("20361231160000"), "000000"),
        (json!("20361231160000123"), "000000"),
        (json!(20_361_231_160_000_u64), "000000"),
        (json!("99991231235959999"), "000000"),
        (json!("2036123116000"), "000002"),
        (json!("2036123116000000"), "000002"),
        (json!("203612311600000000"), "000002"),
        (json!("2036-12-31T16:00:00Z"), "000002"),
        (json!("20360230000000"), "000002"),
        (json!("20361231240000"), "000002"),
        (json!("not given"), "000002"),
    ] {
        let mut body = callback.body.clone();
        body["expireTime"] = expire_time;
        let reply = send(&seller, callback, &body).await;
        assert_eq!(reply.result_code.as_str(), code, "{body}: {}", reply.result_msg);
    }
}

#[tokio::test]
async fn every_scene_and_status_is_taken_and_no_other() {
    let seller = seller().await;
    let callbacks = callbacks();
    let (refresh, status) = (&callbacks[2], &callbacks[3]);
    let cases = [
        (refresh, "scene", "TRIAL_TO_FORMAL", "000000"),
        (refresh, "scene", "RENEWAL", "000000"),
        (refresh, "scene", "UNSUBSCRIBE_RENEWAL_PERIOD", "000000"),
        (refresh, "scene", "RENEWAL_CHANGE", "000000"),
        (refresh, "scene", "renewal", "000002"),
        (refresh, "scene", "RENEWAL ", "000002"),
        (status, "status", "FREEZE", "000000"),
        (status, "status", "UNFREEZE", "000000"),
        (status, "status", "RELEASE", "000002"),
        (status, "status", "0", "000002"),
    ];
    for (callback, name, word, code) in cases {
        let mut body = callback.body.clone();
        body[name] = word.into();
        assert_eq!(send(&seller, callback, &body).await.result_code.as_str(), code, "{name} {word}");
    }
}

#[tokio::test]
async fn an_activity_is_a_known_word_as_it_is_written() {
    let seller = seller().await;
    let before = seller.everything().await.len();
    for callback in callbacks() {
        let activity = callback.body["activity"].as_str().unwrap();
        let wrong =
            [Value::Null, json!(""), json!([activity]), json!(activity.to_uppercase()), json!(format!(" {activity}"))];
        for wrong in wrong {
            let mut body = callback.body.clone();
            body["activity"] = wrong;
            assert_eq!(send(&seller, &callback, &body).await.result_code.as_str(), "000002", "{body}");
        }
    }
    assert_eq!(seller.everything().await.len(), before);
}

#[tokio::test]
async fn bytes_that_only_look_like_a_request_are_refused() {
    let seller = seller().await;
    let key = seller.key(InterfaceType::Basic);
    let good = callbacks()[0].body.to_string();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let deep_product =
        format!(r#"{{"activity":"changeInstanceCheck","instanceId":"{ID}","productInfo":{{"x":{}}}}}"#, deep("[", "]"));
    let bodies: [Vec<u8>; 9] = [
        [b"\xef\xbb\xbf", good.as_bytes()].concat(),
        good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        good.replace("CS2-", "CS2-\u{fffd}").into_bytes().into_iter().filter(|byte| *byte != 0xbf).collect(),
        good.replace("CS2-", "CS2-\\ud800").into_bytes(),
        format!("{good}{good}").into_bytes(),
        format!("[{good}]").into_bytes(),
        good.replace(':', "=").into_bytes(),
        deep("{\"a\":", "}").into_bytes(),
        deep_product.into_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
        let reply = seller.send(&SignedCall::basic(&key, body, now(), &new_nonce())).await;
        assert_eq!(reply.result_code.as_str(), "000002", "{shown}");
    }
    // A member that nobody reads may be as deep as it likes.
    let passed_over = good.replacen('{', &format!(r#"{{"more":{},"#, deep("[", "]")), 1);
    assert_eq!(seller.send(&seller.signed_body(&passed_over)).await.result_code.as_str(), "000000");
}

#[tokio::test]
async fn a_body_may_be_a_megabyte_and_no_more() {
    let seller = seller().await;
    let with_padding = |bytes: usize| {
        let empty = r#"{"activity":"queryInstance","instanceId":"the-instance","x":""}"#;
        empty.replace(r#""x":"""#, &format!(r#""x":"{}""#, "x".repeat(bytes - empty.len())))
    };
    for (bytes, code) in [(1024 * 1024, "000000"), (1024 * 1024 + 1, "000002")] {
        let reply = seller.send(&seller.signed_body(&with_padding(bytes))).await;
        assert_eq!(reply.result_code.as_str(), code, "{bytes} bytes");
    }
}

#[tokio::test]
async fn a_forged_v1_call_is_refused_and_changes_nothing() {
    let seller = seller().await;
    let before = seller.standing().await;
    for activity in ["newInstance", "releaseInstance", "expireInstance", "instanceStatus", "upgrade", "nonsense"] {
        let mut call = seller.signed_body("");
        call.method = http::Method::GET;
        call.query =
            [("activity", activity), ("instanceId", ID), ("authToken", "x"), ("timeStamp", "20361231160000000")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let code = if activity == "nonsense" { "000002" } else { "000001" };
        assert_eq!(seller.send(&call).await.result_code.as_str(), code, "{activity}");
    }
    assert_eq!(seller.standing().await, before);
}

#[tokio::test]
async fn any_path_below_the_production_address_will_do() {
    let seller = seller().await;
    for path in ["a", "a/b/", "produceAPI", "%E4%BA%91?x=1&"] {
        let mut call = seller.signed_body(&callbacks()[1].body.to_string());
        path.clone_into(&mut call.path);
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000000", "{path}");
    }
}

#[tokio::test]
async fn families_that_are_not_answered_yet_say_so() {
    let seller = seller().await;
    let kit = seller.key(InterfaceType::Kit);
    let call = SignedCall::kit(&kit, koogallery::Callback::TenantSync, "{}", now(), &new_nonce());
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000002");
}
