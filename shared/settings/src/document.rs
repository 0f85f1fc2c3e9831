//! A whole document, and what holds for a product by it.

use std::collections::{BTreeMap, HashMap};

use koogallery::{ProductId, SkuCode, Text};
use koogallery_store::{Cycle, Cycles, LicenseRules};
use serde_json::Value;

use crate::app_info::AppInfoTemplate;
use crate::buyer_pages::BuyerPages;
use crate::change_rule::ChangeRule;
use crate::format::FORMAT;
use crate::json::Json;
use crate::mistake::{Mistakes, Refused};
use crate::oidc_client::OidcClient;
use crate::place::Place;
use crate::reader::Reader;
use crate::section::{Feature, Mode, Section, Sku, Supervised, WebhookSettings};

/// The longest document, in bytes of JSON without spaces: with its reason and author it fits into one item of the table, which
/// may have 400 KB.
pub const LARGEST: usize = 256 * 1024;

/// What a seller sets for products. Whatever it does not say of a product, its section `default` says; what neither says, the
/// environment variables say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingsDocument {
    default: Section,
    products: BTreeMap<ProductId, Section>,
}

impl SettingsDocument {
    /// Reads a document, and finds all mistakes in it at once.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let no_json = |error: serde_json::Error| Refused::Mistakes(Mistakes::one(&Place::default(), no_json(&error)));
        Self::of(&serde_json::from_str(text).map_err(no_json)?)
    }

    /// The same of JSON that is read already.
    pub fn of(json: &Json) -> Result<Self, Refused> {
        let (document, root) = (json.value(), Place::default());
        if let Some(newer) = document.get("format").and_then(Value::as_u64).filter(|format| *format > FORMAT) {
            return Err(Refused::Newer(newer));
        }
        let mut mistakes = Mistakes::default();
        let bytes = document.to_string().len();
        if bytes > LARGEST {
            let problem = format!(
                "it has {bytes} bytes of JSON without spaces, and {LARGEST} are the most, because one item of the table holds it: move what \
                 several products share into `default`"
            );
            return Err(Refused::Mistakes(Mistakes::one(&root, problem)));
        }
        for place in json.doubled() {
            mistakes.add(place, "this member stands twice in the same object: keep one of them");
        }
        let mut reader = Reader::new(mistakes);
        let (default, products) = reader.document(document);
        reader.finish()?;
        Ok(Self { default, products })
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What it says of a product: its own section, or else `default`. Give none if the product is not known.
    fn says<'a, T>(&'a self, product: Option<&ProductId>, what: impl Fn(&'a Section) -> Option<T>) -> Option<T> {
        product.and_then(|id| self.products.get(id)).and_then(&what).or_else(|| what(&self.default))
    }

    /// The same of a SKU: the SKU's own part of the product comes first.
    fn says_of_sku<'a, T>(
        &'a self,
        (product, sku): (Option<&ProductId>, Option<&SkuCode>),
        of_sku: impl Fn(&'a Sku) -> Option<T>,
        what: impl Fn(&'a Section) -> Option<T>,
    ) -> Option<T> {
        let own = product.and_then(|id| self.products.get(id)?.skus.get(sku?));
        own.and_then(of_sku).or_else(|| self.says(product, what))
    }

    /// Who provisions an instance of a product.
    #[must_use]
    pub fn provisioning(&self, product: Option<&ProductId>) -> Option<Mode> {
        self.says(product, |section| section.provisioning)
    }

    /// What the buyer of a product sees.
    #[must_use]
    pub fn app_info(&self, product: Option<&ProductId>) -> Option<&AppInfoTemplate> {
        self.says(product, |section| section.app_info.as_ref())
    }

    /// The pages that the buyers of a product meet, if it has any.
    #[must_use]
    pub fn buyer_pages(&self, product: Option<&ProductId>) -> Option<&BuyerPages> {
        self.says(product, |section| section.buyer_pages.as_ref())?.pages()
    }

    /// Where it says that there are such pages.
    #[must_use]
    pub fn buyer_pages_places(&self) -> Vec<Place> {
        self.places(
            |section| section.buyer_pages.as_ref().is_some_and(|setting| setting.pages().is_some()),
            "buyerPages",
        )
    }

    /// Whether products differ in how they are provisioned, or in where the buyer is led: then nothing can be said of an instance
    /// whose product is not known.
    #[must_use]
    pub fn differs_in_provisioning(&self) -> bool {
        let says = |id| (self.provisioning(id), self.app_info(id), self.buyer_pages(id).is_some());
        let default = says(None);
        self.products.keys().any(|id| says(Some(id)) != default)
    }

    /// Where the events of a product go.
    #[must_use]
    pub fn webhook(&self, product: Option<&ProductId>) -> Option<&WebhookSettings> {
        self.says(product, |section| section.webhook.as_ref())
    }

    /// All addresses of events that it names.
    pub fn webhooks(&self) -> impl Iterator<Item = &WebhookSettings> {
        self.sections().filter_map(|section| section.webhook.as_ref())
    }

    /// Where it names them.
    #[must_use]
    pub fn webhook_places(&self) -> Vec<Place> {
        self.places(|section| section.webhook.is_some(), "webhook")
    }

    /// The places of a member in the sections that have it.
    fn places(&self, has: impl Fn(&Section) -> bool, member: &str) -> Vec<Place> {
        let (root, products) = (Place::default(), Place::default().member("products"));
        let default = std::iter::once((root.member("default"), &self.default));
        let sections = default.chain(self.products.iter().map(|(id, section)| (products.member(id.as_str()), section)));
        sections.filter(|(_, section)| has(section)).map(|(place, _)| place.member(member)).collect()
    }

    /// The applications that buyers' users log in to, each with the product whose section it is in. Those without a product, in
    /// `default`, are for all products, also for those that have clients of their own: a user logs in to one that is named.
    pub fn oidc_clients(&self) -> impl Iterator<Item = (Option<&ProductId>, &OidcClient)> {
        let default = self.default.oidc_clients.iter().map(|client| (None, client));
        let own = self
            .products
            .iter()
            .flat_map(|(id, section)| section.oidc_clients.iter().map(move |client| (Some(id), client)));
        default.chain(own)
    }

    /// Which changes of specification a renewal of a product may make.
    #[must_use]
    pub fn changes(&self, product: Option<&ProductId>) -> Option<&ChangeRule> {
        self.says(product, |section| section.changes.as_ref())
    }

    /// What a request for a license of a product must fulfil.
    #[must_use]
    pub fn licenses(&self, product: Option<&ProductId>, sku: Option<&SkuCode>) -> Option<LicenseRules> {
        self.says_of_sku((product, sku), |sku| sku.licenses, |section| section.licenses)
    }

    /// Whether what it says of licenses depends on the product.
    #[must_use]
    pub fn differs_in_licenses(&self) -> bool {
        self.products
            .values()
            .any(|section| section.licenses.is_some() || section.skus.values().any(|sku| sku.licenses.is_some()))
    }

    /// How products are billed: `environment` is what the environment says.
    #[must_use]
    pub fn cycles(&self, environment: &Cycles) -> Cycles {
        let own = self.products.iter().filter_map(|(id, section)| Some((id.clone(), section.cycle?)));
        match self.default.cycle {
            Some(default) => Cycles::of_each(own.collect::<HashMap<ProductId, Cycle>>(), default),
            None => environment.clone().but(own),
        }
    }

    /// Whether orders of a product are supervised.
    #[must_use]
    pub fn supervision(&self, product: Option<&ProductId>) -> Option<Supervised> {
        self.says(product, |section| section.supervision)
    }

    /// Whether it says of any product that its orders are supervised.
    #[must_use]
    pub fn supervises(&self) -> bool {
        self.sections().any(|section| section.supervision.is_some_and(|supervised| supervised.flow().is_some()))
    }

    /// What the plan is called that an instance has.
    #[must_use]
    pub fn plan(&self, product: Option<&ProductId>, sku: Option<&SkuCode>) -> Option<&Text<64>> {
        self.says_of_sku((product, sku), |sku| sku.plan.as_ref(), |section| section.plan.as_ref())
    }

    /// What users of an instance may do, and how much; none if it does not say.
    #[must_use]
    pub fn features(&self, product: Option<&ProductId>, sku: Option<&SkuCode>) -> Option<&[Feature]> {
        self.says_of_sku((product, sku), |sku| sku.features.as_deref(), |section| section.features.as_deref())
    }

    fn sections(&self) -> impl Iterator<Item = &Section> {
        std::iter::once(&self.default).chain(self.products.values())
    }
}

/// Where JSON breaks off. The error of the reader says nothing of values where the syntax is wrong.
fn no_json(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        _ => "something does not belong there",
    };
    format!("it is not JSON: {what}, in line {} at column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::buyer_pages::WhenReady;

    fn read(value: Value) -> SettingsDocument {
        SettingsDocument::of(&value.into()).unwrap()
    }

    /// What is told of a document, a line for each mistake.
    fn refused(value: Value) -> Vec<String> {
        SettingsDocument::of(&value.into()).unwrap_err().mistakes().iter().map(ToString::to_string).collect()
    }

    fn id(text: &str) -> ProductId {
        text.parse().unwrap()
    }

    fn whole() -> Value {
        json!({
            "$schema": "https://example.com/settings.schema.json",
            "format": 1,
            "default": {
                "provisioning": "instant",
                "appInfo": { "frontEndUrl": "https://app.example.com/?i={instanceId}" },
                "buyerPages": {
                    "name": { "zh": "云桥", "en": "Cloud Bridge" },
                    "logo": "https://cdn.example.com/logo.svg",
                    "support": "help@example.com",
                    "renewal": "https://console.huaweicloud.com/marketplace/#/orders",
                    "whenReady": "continue",
                    "firstSteps": { "zh": ["登录"], "en": ["Sign in", "Invite your colleagues"] },
                },
            },
            "products": {
                "p-1": {
                    "provisioning": "deferred",
                    "appInfo": { "frontEndUrl": "https://crm.example.com/" },
                    "webhook": { "url": "https://crm.example.com/events", "secretName": "crm", "stopStatuses": [410, 422] },
                    "changes": { "allow": [{ "from": { "skuCode": "s-1" }, "to": { "skuCode": "s-2", "linearValue": { "min": 1, "max": 500 } } }] },
                    "licenses": { "quota": 5, "fingerprint": "required", "expiry": "optional" },
                    "usage": { "cycle": "daily" },
                    "supervision": "standard",
                    "plan": "Team",
                    "features": [{ "name": "projects", "limit": 20 }, { "name": "sso" }],
                    "skus": { "s-2": { "plan": "Business", "features": [], "licenses": {} } },
                },
                "p-2": { "buyerPages": "none", "supervision": "none", "changes": "refuse", "usage": { "cycle": "hourly" } },
            },
        })
    }

    #[test]
    fn a_product_says_what_differs_from_the_others() {
        let document = read(whole());
        let (first, second, third) = (id("p-1"), id("p-2"), id("p-3"));
        assert_eq!(document.provisioning(Some(&first)), Some(Mode::Deferred));
        for other in [Some(&second), Some(&third), None] {
            assert_eq!(document.provisioning(other), Some(Mode::Instant), "{other:?}");
        }
        assert!(document.differs_in_provisioning() && document.differs_in_licenses() && document.supervises());
        assert_eq!(document.webhook(Some(&first)).unwrap().url, "https://crm.example.com/events");
        assert_eq!(document.webhook(Some(&second)), None);
        assert_eq!(document.webhooks().count(), 1);
        assert_eq!(document.changes(Some(&second)), Some(&ChangeRule::Refuse));
        assert_eq!(document.supervision(Some(&second)), Some(Supervised::No));
        assert_eq!(document.supervision(Some(&third)), None);
        let (sku, other): (SkuCode, SkuCode) = ("s-2".parse().unwrap(), "s-3".parse().unwrap());
        let plan = |sku| document.plan(Some(&first), sku).unwrap().as_str();
        assert_eq!((plan(Some(&sku)), plan(Some(&other)), plan(None)), ("Business", "Team", "Team"));
        assert_eq!(document.features(Some(&first), Some(&sku)), Some(&[][..]));
        assert_eq!(document.features(Some(&first), None).unwrap().len(), 2);
        assert_eq!(document.licenses(Some(&first), None).unwrap().quota.unwrap().get(), 5);
        assert_eq!(document.licenses(Some(&first), Some(&sku)).unwrap(), LicenseRules::default());
    }

    #[test]
    fn a_product_has_buyers_pages_of_its_own_or_none() {
        let document = read(whole());
        let pages = document.buyer_pages(Some(&id("p-1"))).unwrap();
        assert_eq!((pages.name.en.as_str(), pages.when_ready), ("Cloud Bridge", WhenReady::Continue));
        assert_eq!(pages.logo.as_ref().unwrap().origin(), "https://cdn.example.com");
        assert_eq!((pages.first_steps.zh.len(), pages.first_steps.en.len()), (1, 2));
        assert_eq!(document.buyer_pages(Some(&id("p-2"))), None);
        let places: Vec<String> = document.buyer_pages_places().iter().map(ToString::to_string).collect();
        assert_eq!(places, ["/default/buyerPages"]);
        let least = json!({ "name": { "zh": "一", "en": "A" }, "support": "https://a.example.com/", "renewal": "https://a.example.com/" });
        let of_one = read(json!({ "format": 1, "products": { "p-1": { "buyerPages": least } } }));
        assert!(of_one.differs_in_provisioning() && of_one.buyer_pages(None).is_none());
        assert_eq!(of_one.buyer_pages(Some(&id("p-1"))).unwrap().when_ready, WhenReady::Welcome);
    }

    #[test]
    fn buyers_pages_that_would_lack_something_are_refused() {
        let told = refused(json!({ "format": 1, "default": { "buyerPages": {
            "name": { "zh": "一" }, "logo": "http://example.com/logo.png", "support": "nobody", "whenReady": "later",
            "firstSteps": { "zh": ["", "whsec_AAAA"], "en": 1 }, "colour": "red",
        } } }));
        for (place, problem) in [
            ("name/en", "it is missing"),
            ("logo", "give an https:// address"),
            ("support", "give a mail address"),
            ("renewal", "it is missing"),
            ("whenReady", "there are `welcome`, `continue`"),
            ("firstSteps/zh/0", "give a text of 1 to 255 characters"),
            ("firstSteps/zh/1", "it looks like a secret"),
            ("firstSteps/en", "give a list of up to 10 members"),
            ("colour", "there is no such member"),
        ] {
            let place = format!("/default/buyerPages/{place}: ");
            assert!(
                told.iter().any(|line| line.starts_with(&place) && line.contains(problem)),
                "{place}{problem}: {told:#?}"
            );
        }
        assert_eq!(told.len(), 9, "{told:#?}");
        assert_eq!(refused(json!({ "format": 1, "default": { "buyerPages": true } })).len(), 1);
    }

    #[test]
    fn the_environment_says_what_the_document_does_not() {
        let environment = Cycles::daily([id("p-2"), id("p-9")]);
        let cycles = read(whole()).cycles(&environment);
        let told = |product: &str| cycles.of(Some(&id(product)));
        assert_eq!((told("p-1"), told("p-2")), (Cycle::Daily, Cycle::Hourly));
        assert_eq!((told("p-9"), told("p-5")), (Cycle::Daily, Cycle::Hourly));
        let all = read(json!({ "format": 1, "default": { "usage": { "cycle": "hourly" } } })).cycles(&environment);
        assert_eq!(all.of(Some(&id("p-9"))), Cycle::Hourly);
        let nothing = read(json!({ "format": 1 }));
        assert!(nothing.is_empty() && nothing.cycles(&environment) == environment);
        assert!(!nothing.differs_in_provisioning());
        // A section that says the same as all others is no difference.
        let same = json!({ "format": 1, "default": { "provisioning": "instant" }, "products": { "p": { "provisioning": "instant" } } });
        assert!(!read(same).differs_in_provisioning());
    }

    #[test]
    fn all_mistakes_are_told_at_once_each_with_its_place_and_what_to_do() {
        let told = refused(json!({
            "format": 1,
            "defaults": {},
            "products": {
                "p-1": {
                    "provisionning": "instant",
                    "appInfo": { "frontEndUrl": "crm.example.com", "memmo": "x" },
                    "webhook": { "url": "http://crm.example.com/", "secretName": "whsec_x", "stopStatuses": [200, "410"] },
                    "changes": { "allow": [{ "to": { "sku_code": "s" } }, 5] },
                    "licenses": { "quota": 0, "fingerprint": "yes" },
                    "usage": { "cycle": "weekly" },
                    "supervision": "standart",
                    "skus": { "s-2": { "features": [{ "limit": -1 }, { "name": "a" }, { "name": "a" }] } },
                },
                "": {},
            },
        }));
        for (place, told_too) in [
            ("/defaults:", "did you mean `default`"),
            ("/products/p-1/provisionning:", "did you mean `provisioning`"),
            ("/products/p-1/appInfo:", "must begin with https://"),
            ("/products/p-1/appInfo/memmo:", "did you mean `memo`"),
            ("/products/p-1/webhook/url:", "https://"),
            ("/products/p-1/webhook/secretName:", "webhookSecrets"),
            ("/products/p-1/webhook/stopStatuses/0:", "400 to 599"),
            ("/products/p-1/webhook/stopStatuses/1:", "400 to 599"),
            ("/products/p-1/changes/allow/0/to/sku_code:", "did you mean `skuCode`"),
            ("/products/p-1/changes/allow/1:", "object"),
            ("/products/p-1/licenses/quota:", "from 1"),
            ("/products/p-1/licenses/fingerprint:", "`optional` or `required`"),
            ("/products/p-1/usage/cycle:", "`hourly` or `daily`"),
            ("/products/p-1/supervision:", "did you mean `standard`"),
            ("/products/p-1/skus/s-2/features/0/name:", "is missing"),
            ("/products/p-1/skus/s-2/features/0/limit:", "from 0"),
            ("/products/p-1/skus/s-2/features/2/name:", "stands twice"),
            ("/products/:", "id of a product"),
        ] {
            let found = told.iter().find(|line| line.starts_with(place));
            assert!(found.is_some_and(|line| line.contains(told_too)), "{place} {told_too}\n{}", told.join("\n"));
        }
        assert_eq!(told.len(), 18, "{}", told.join("\n"));
    }

    #[test]
    fn secrets_are_refused_and_not_repeated() {
        for (member, value) in [
            ("clientSecret", json!("s3cret-value")),
            ("appInfo", json!({ "frontEndUrl": "https://a.example.com/", "password": "s3cret-value" })),
            ("webhook", json!({ "url": "https://a.example.com/?token=s3cret-value" })),
            ("webhook", json!({ "url": "https://me:s3cret-value@a.example.com/" })),
            ("webhook", json!({ "url": "https://a.example.com/", "secret": "s3cret-value" })),
            ("webhook", json!({ "url": "https://a.example.com/", "secretName": "s3cret-Value_" })),
            ("oidcClients", json!([{ "client_id": "a", "client_secret": "s3cret-value" }])),
            ("oidcClients", json!([{ "client_id": "a", "client_secret_sha256": "s3cret-value" }])),
            ("plan", json!("whsec_s3cret-value")),
        ] {
            let told = refused(json!({ "format": 1, "default": { member: value } })).join("\n");
            assert!(told.contains("/default/") && !told.to_lowercase().contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn other_than_json_of_this_format_is_refused_as_such() {
        let told = |text: &str| SettingsDocument::parse(text).unwrap_err().to_string();
        assert!(told("{\n\"format\":").contains("line 2"), "{}", told("{\n\"format\":"));
        assert!(told("[]").contains("object"));
        assert!(told("{}").contains("\"format\": 1"));
        assert!(
            told(r#"{"format":1,"products":{"p":{},"p":{}}}"#).starts_with("/products/p: this member stands twice")
        );
        assert_eq!(SettingsDocument::parse(r#"{"format":2,"new":1}"#), Err(Refused::Newer(2)));
        let long = json!({ "format": 1, "default": { "plan": "x".repeat(LARGEST) } });
        assert!(told(&long.to_string()).contains("262144"), "{}", told(&long.to_string()));
        let many: serde_json::Map<String, Value> = (0..150).map(|n| (format!("x{n}"), json!(1))).collect();
        let told = refused(json!({ "format": 1, "default": many }));
        assert_eq!(told.len(), 100);
    }

    /// Any JSON, made of the words that documents have, so that much of it is nearly right.
    fn nearly_a_document() -> impl Strategy<Value = Value> {
        let words = [
            "format",
            "default",
            "products",
            "p-1",
            "skus",
            "features",
            "name",
            "limit",
            "webhook",
            "url",
            "secretName",
            "changes",
            "allow",
            "from",
            "to",
            "usage",
            "cycle",
            "daily",
            "supervision",
            "standard",
            "plan",
            "appInfo",
            "frontEndUrl",
            "licenses",
            "quota",
            "buyerPages",
            "zh",
            "en",
            "support",
            "firstSteps",
            "oidcClients",
            "client_id",
            "client_secret_sha256",
            "app_id",
            "redirect_uris",
            "client_uri",
        ];
        let word = prop::sample::select(words.to_vec());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..600).prop_map(Value::from),
            word.clone().prop_map(Value::from),
            Just(Value::from("https://app.example.com/")),
        ];
        leaf.prop_recursive(6, 48, 6, move |inner| {
            let word = prop::sample::select(words.to_vec());
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((word.prop_map(str::to_owned), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read_or_each_mistake_has_a_place(section in nearly_a_document(), whole in nearly_a_document()) {
            for value in [whole, json!({ "format": 1, "default": section.clone(), "products": { "p-1": section } })] {
                let text = value.to_string();
                let (of, parsed) = (SettingsDocument::of(&value.clone().into()), SettingsDocument::parse(&text));
                prop_assert_eq!(&of, &parsed);
                if let Err(Refused::Mistakes(mistakes)) = of {
                    prop_assert!(!mistakes.told().is_empty());
                    for mistake in mistakes.told() {
                        prop_assert!(!mistake.problem.is_empty());
                        // What is named stands there, or is missing in what stands there.
                        let parent = mistake.place.rsplit_once('/').map_or("", |(parent, _)| parent);
                        prop_assert!(value.pointer(parent).is_some(), "{}", mistake);
                    }
                }
            }
        }
    }
}
