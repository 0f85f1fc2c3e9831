//! What is sold in these tests, and what is then known of its buyer.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppInfo, InstanceId, InterfaceType, UsageInfo};
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_store::{Provisioned, ToldBy, UsageKept};
use koogallery_tests::Seller;
use koogallery_tests::bodies::{self, FUTURE, with};
use koogallery_tests::kit::{self, Dialect, Said};
use serde_json::{Value, json};

/// A buyer's instance, of which everything is known that can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sold {
    dialect: Dialect,
    pub(super) id: &'static str,
    pub(super) order: &'static str,
    renewal: &'static str,
    pub(super) app: &'static str,
    /// Its users' number, and the end of what else names somebody.
    number: usize,
}

/// Two of one tenant.
pub(super) fn two(dialect: Dialect) -> [Sold; 2] {
    let sold = |id, order, renewal, app, number| Sold { dialect, id, order, renewal, app, number };
    [
        sold("goes-1", "MOCKPERIODYEARNEW", "MOCKMONTYRENEW", "app-goes", 1),
        sold("stays-2", "MOCKONETIMENEW", "MOCKMONTYCHANGE", "app-stays", 2),
    ]
}

impl Sold {
    pub(super) fn id(self) -> InstanceId {
        self.id.parse().unwrap()
    }

    pub(super) fn of(self, body: Value) -> Value {
        with(body, "instanceId", self.id)
    }

    pub(super) fn release(self) -> Value {
        self.of(bodies::release())
    }

    pub(super) fn kit(self, (callback, body): Said) -> Said {
        let body = self.of(body);
        (callback, if body["appId"].is_null() { body } else { with(body, "appId", self.app) })
    }

    /// What stands of it in the clear, at most until it is erased.
    pub(super) fn clear(self) -> Vec<String> {
        let n = self.number;
        let mut clear =
            vec![format!("device-{n}"), format!("user-{n:05}"), format!("org-{n}"), format!("dashboard-of-{n}")];
        clear.extend((self.dialect == Dialect::V1).then(|| format!("contact-{n}")));
        clear
    }

    /// What stands of it sealed only.
    pub(super) fn hidden(self) -> [String; 7] {
        let n = self.number;
        ["buyer", "phone", "Person ", "s3cret", "person-", "first-admin-", "first-password-"]
            .map(|what| format!("{what}{n}"))
    }

    pub(super) fn is_at(self, place: &str) -> bool {
        [self.id, self.order, self.renewal, self.app].iter().any(|name| place.contains(name))
    }

    /// Everything happens to it but the release.
    pub(super) async fn live(self, seller: &Seller) {
        let n = self.number;
        let order = |body, id: &str| with(with(body, "orderId", id), "orderLineId", format!("{id}-000001"));
        match self.dialect {
            Dialect::V1 => {
                let (buyer, phone, contact) = (format!("buyer{n}"), format!("phone{n}"), format!("contact-{n}"));
                v1(
                    seller,
                    &[
                        ("activity", "newInstance"),
                        ("customerId", "c-1"),
                        ("businessId", self.id),
                        ("orderId", self.order),
                        ("productId", "p-1"),
                        ("customerName", &buyer),
                        ("mobilePhone", &phone),
                    ],
                )
                .await;
                v1(
                    seller,
                    &[
                        ("activity", "refreshInstance"),
                        ("instanceId", self.id),
                        ("orderId", self.renewal),
                        ("expireTime", "20991231160000"),
                        ("contact", &contact),
                    ],
                )
                .await;
            }
            Dialect::V2 => {
                let renewal = self.of(bodies::renewal(self.renewal, FUTURE));
                seller.say_all(&[with(order(bodies::purchase(), self.order), "businessId", self.id), renewal]).await;
            }
        }
        let way_in = json!({ "frontEndUrl": "https://app.example.com/", "userName": format!("first-admin-{n}"),
            "password": format!("first-password-{n}") });
        let way_in: AppInfo = serde_json::from_value(way_in).unwrap();
        assert_eq!(
            seller.host.store().provision(&self.id(), &way_in, ToldBy::SellerApi, &kit::vault()).await.unwrap(),
            Provisioned::Applied
        );
        let used = json!({ "usageValue": 1, "statisticalTime": "20261231160000000",
            "dashboardUrl": format!("https://app.example.com/dashboard-of-{n}") });
        let used: UsageInfo = serde_json::from_value(used).unwrap();
        assert_eq!(seller.host.store().keep_usage(&self.id(), &[used]).await.unwrap(), UsageKept::Kept);
        // All that could be personal at once: no interface type sells all of it.
        self.sold_by(seller, "license").await;
        let license = self.of(bodies::get_license("e-1", &format!("device-{n}")));
        assert_eq!(seller.say(&license).await, "000004");
        self.sold_by(seller, "basic").await;
        for said in [
            kit::tenant(1),
            kit::application(1, &format!("s3cret{n}"), 1),
            kit::department(1, &format!("org-{n}"), "Sales", 1),
            kit::auth(1, [kit::user(n)], 1),
            kit::auth(2, [with(kit::user(n), "position", "other")], 2),
        ] {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000000");
        }
    }

    async fn sold_by(self, seller: &Seller, interface_type: &str) {
        let store = seller.host.store();
        let update =
            store.client().update_item().table_name(store.table()).update_expression("SET interfaceType = :type");
        let update = update.key("pk", AttributeValue::S(format!("INSTANCE#{}", self.id)));
        let update = update.key("sk", AttributeValue::S("STATE".to_owned()));
        update.expression_attribute_values(":type", AttributeValue::S(interface_type.to_owned())).send().await.unwrap();
    }

    /// What could bring something of it back: late and repeated calls.
    pub(super) async fn call_late(self, seller: &Seller) {
        let n = self.number;
        for body in [self.of(bodies::renewal("R9", FUTURE)), self.of(bodies::upgrade("U9")), self.of(bodies::freeze())]
        {
            assert_eq!(seller.say(&body).await, "000003", "{body}");
        }
        assert_eq!(seller.say(&self.of(bodies::query())).await, "000003");
        assert_eq!(seller.say(&self.of(bodies::get_license("e-2", "device-late"))).await, "000003");
        if self.dialect == Dialect::V1 {
            let told = [("customerId", "c-1"), ("productId", "p-1"), ("customerName", "buyer-late")];
            let ids = [("activity", "newInstance"), ("businessId", "late"), ("orderId", self.order)];
            assert_eq!(v1(seller, &[&ids[..], &told].concat()).await["instanceId"], self.id);
        }
        let late = |flag| kit::auth(flag, [with(kit::user(n), "userName", "user-late")], 9);
        for said in [late(1), late(2), kit::department(1, "o-9", "Late", 9), kit::tenant(1)] {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000003");
        }
        for said in self.takes_away() {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000000");
        }
        for body in [self.release(), self.release()] {
            assert_eq!(seller.say(&body).await, "000000");
        }
        let way_in: AppInfo = serde_json::from_value(json!({ "frontEndUrl": "https://late.example.com/" })).unwrap();
        assert_eq!(
            seller.host.store().provision(&self.id(), &way_in, ToldBy::SellerApi, &kit::vault()).await.unwrap(),
            Provisioned::Released
        );
        assert_eq!(seller.host.store().keep_usage(&self.id(), &[]).await.unwrap(), UsageKept::Released);
    }

    fn takes_away(self) -> Vec<Said> {
        let of = |flag, name: &str| kit::auth(flag, [with(kit::user(self.number), "userName", name)], 9);
        let known = format!("user-{:05}", self.number);
        vec![
            of(0, &known),
            of(3, &known),
            of(0, "user-late"),
            of(3, "user-later"),
            kit::department(0, &format!("org-{}", self.number), "", 9),
        ]
    }
}

pub(super) async fn v1(seller: &Seller, parameters: &[(&str, &str)]) -> Value {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = SignedCall::basic_v1(&seller.key(InterfaceType::Basic), parameters, now());
    let reply: Value = serde_json::from_slice(&seller.marketplace.send(&call).await.unwrap().body).unwrap();
    assert_eq!(reply["resultCode"], "000000", "{reply}");
    reply
}
