//! Reads a document by hand rather than by derived code: so it finds all mistakes, not only the first one, and knows the place of each.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use http::StatusCode;
use koogallery::{AppInfo, ProductId, Text};
use koogallery_store::{Cycle, Demand, Flow, LicenseRules};
use serde_json::{Map, Value};
use strum::VariantArray;

use crate::app_info::AppInfoTemplate;
use crate::change_rule::ChangeRule;
use crate::format::FORMAT;
use crate::mistake::{Mistakes, Refused};
use crate::nearest::nearest;
use crate::place::Place;
use crate::safe_address::keeps_a_secret;
use crate::secret_word::{self, is_a_secret, names_a_secret};
use crate::section::{Feature, Mode, Section, Sku, Supervised, WebhookSettings};

/// The members of each kind of object.
const DOCUMENT: [&str; 4] = ["$schema", "format", "default", "products"];
const OF_SECTION: [&str; 11] = [
    "provisioning",
    "appInfo",
    "buyerPages",
    "webhook",
    "oidcClients",
    "changes",
    "licenses",
    "usage",
    "supervision",
    "plan",
    "features",
];
const SKUS: &str = "skus";
const OF_SKU: [&str; 3] = ["licenses", "plan", "features"];
const OF_WEBHOOK: [&str; 3] = ["url", "secretName", "stopStatuses"];
const OF_LICENSES: [&str; 3] = ["quota", "fingerprint", "expiry"];
const OF_WANTED: [&str; 3] = ["productId", "skuCode", "linearValue"];

/// The most features of a list.
const MOST_FEATURES: usize = 200;
/// The largest limit of a feature: beyond it, languages whose only numbers are floating ones read another one.
const LARGEST_LIMIT: u64 = (1 << 53) - 1;

/// Reads, and gathers mistakes.
pub(crate) struct Reader {
    mistakes: Mistakes,
    /// The ids of the clients so far, and where each stands.
    clients: BTreeMap<String, Place>,
}

impl Reader {
    pub(crate) const fn new(mistakes: Mistakes) -> Self {
        Self { mistakes, clients: BTreeMap::new() }
    }

    /// What was found wrong, if anything was.
    pub(crate) fn finish(self) -> Result<(), Refused> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(Refused::Mistakes(self.mistakes)) }
    }

    /// The sections of a document.
    pub(crate) fn document(&mut self, document: &Value) -> (Section, BTreeMap<ProductId, Section>) {
        let root = Place::default();
        let Some(members) = self.object(&root, document, "`format`, `default` and `products`") else {
            return (Section::default(), BTreeMap::new());
        };
        self.known(&root, members, &DOCUMENT);
        if members.get("format").and_then(Value::as_u64) != Some(FORMAT) {
            self.wrong(&root.member("format"), format!("write \"format\": {FORMAT}"));
        }
        if members.get("$schema").is_some_and(|schema| !schema.is_string()) {
            self.wrong(&root.member("$schema"), "give the address of the schema as a text, or take it out");
        }
        let default = root.member("default");
        let default = members.get("default").map(|section| self.section(&default, section, &OF_SECTION));
        let products = self.by_id(&root, members, "products", "id of a product", |reader, place, section| {
            let known: Vec<&str> = OF_SECTION.into_iter().chain([SKUS]).collect();
            reader.section(place, section, &known)
        });
        (default.unwrap_or_default(), products)
    }

    /// What stands under ids.
    fn by_id<Id: Ord + std::str::FromStr, T>(
        &mut self,
        place: &Place,
        members: &Map<String, Value>,
        name: &str,
        what: &str,
        read: impl Fn(&mut Self, &Place, &Value) -> T,
    ) -> BTreeMap<Id, T> {
        let place = place.member(name);
        let Some(value) = members.get(name) else { return BTreeMap::new() };
        let Some(entries) = self.object(&place, value, &format!("a member for each {what}")) else {
            return BTreeMap::new();
        };
        let mut found = BTreeMap::new();
        for (name, value) in entries {
            let place = place.member(name);
            let read = read(self, &place, value);
            match name.parse::<Id>() {
                Ok(id) => drop(found.insert(id, read)),
                Err(_) => self
                    .wrong(&place, format!("its name must be the {what} as KooGallery has it, of 1 to 64 characters")),
            }
        }
        found
    }

    fn section(&mut self, place: &Place, section: &Value, known: &[&str]) -> Section {
        let Some(members) = self.object(place, section, "what is set for the product") else {
            return Section::default();
        };
        self.known(place, members, known);
        let at = |name: &str| members.get(name).map(|value| (place.member(name), value));
        let provisioning = at("provisioning").and_then(|(place, value)| self.word(&place, value, Mode::VARIANTS));
        let app_info = at("appInfo").and_then(|(place, value)| self.app_info(&place, value));
        let buyer_pages = at("buyerPages").and_then(|(place, value)| self.buyer_pages(&place, value));
        let webhook = at("webhook").and_then(|(place, value)| self.webhook(&place, value));
        let clients = at("oidcClients").map(|(place, value)| self.oidc_clients(&place, value));
        let changes = at("changes").and_then(|(place, value)| self.changes(&place, value));
        let cycle = at("usage").and_then(|(place, value)| self.cycle(&place, value));
        let supervision = at("supervision").and_then(|(place, value)| self.supervision(&place, value));
        let Sku { licenses, plan, features } = self.entitling(place, members);
        let skus = self.by_id(place, members, SKUS, "code of a SKU", |reader, place, sku| {
            let Some(members) = reader.object(place, sku, "what is set for the SKU") else { return Sku::default() };
            reader.known(place, members, &OF_SKU);
            reader.entitling(place, members)
        });
        // Where `skus` is not known, that is told already.
        Section {
            provisioning,
            app_info,
            buyer_pages,
            webhook,
            oidc_clients: clients.unwrap_or_default(),
            changes,
            licenses,
            cycle,
            supervision,
            plan,
            features,
            skus,
        }
    }

    /// What a product and a SKU can say alike.
    fn entitling(&mut self, place: &Place, members: &Map<String, Value>) -> Sku {
        let at = |name: &str| members.get(name).map(|value| (place.member(name), value));
        Sku {
            licenses: at("licenses").and_then(|(place, value)| self.licenses(&place, value)),
            plan: at("plan").and_then(|(place, value)| self.text(&place, value)),
            features: at("features").and_then(|(place, value)| self.features(&place, value)),
        }
    }

    fn app_info(&mut self, place: &Place, value: &Value) -> Option<AppInfoTemplate> {
        let members = self.object(place, value, "the app info")?;
        let mut known = AppInfo::MEMBERS.to_vec();
        known.retain(|name| !names_a_secret(name));
        if members.contains_key("password") {
            let problem = "a password that all buyers of a product have is none: send each instance its own, by \
                           PUT /v1/instances/{id}/app-info or in the answer to instance.created, and take it out of here";
            self.wrong(&place.member("password"), problem);
        }
        let others = members.iter().filter(|(name, _)| *name != "password");
        let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        let is_known = self.known(place, &others, &known);
        let mut template = others;
        template.retain(|name, _| known.contains(&name.as_str()));
        match AppInfoTemplate::of(&Value::Object(template)) {
            Ok(template) => Some(template).filter(|_| is_known),
            Err(error) => {
                self.wrong(place, error.to_string());
                None
            }
        }
    }

    fn webhook(&mut self, place: &Place, value: &Value) -> Option<WebhookSettings> {
        let members = self.object(place, value, "`url`, and optionally `secretName` and `stopStatuses`")?;
        self.known(place, members, &OF_WEBHOOK);
        let address = place.member("url");
        let url = match members.get("url") {
            None => {
                self.wrong(&address, "it is missing: give the address that takes the events");
                None
            }
            Some(Value::String(url)) if keeps_a_secret(url) && url.len() <= 2048 => {
                let query = url.split_once('?').map_or("", |(_, query)| query);
                let has_secret =
                    query.split('&').any(|pair| names_a_secret(pair.split('=').next().unwrap_or_default()));
                if has_secret {
                    self.wrong(&address, "its query has something secret: events are signed, so it needs none");
                }
                Some(url.clone()).filter(|_| !has_secret)
            }
            Some(_) => {
                let problem = "give an https:// address of up to 2048 characters without user and password; http:// only to a loopback \
                               address such as http://127.0.0.1:8080/events";
                self.wrong(&address, problem);
                None
            }
        };
        let secret_name = members.get("secretName").map(|value| (place.member("secretName"), value));
        let secret_name = secret_name.and_then(|(place, value)| self.secret_name(&place, value));
        let statuses = members.get("stopStatuses").map(|value| (place.member("stopStatuses"), value));
        let stop_statuses = statuses.and_then(|(place, value)| self.statuses(&place, value));
        Some(WebhookSettings { url: url?, secret_name, stop_statuses })
    }

    /// The name of a secret. The secret itself in its place would be shown to whoever reads the settings.
    fn secret_name(&mut self, place: &Place, value: &Value) -> Option<Text<64>> {
        let is_name = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let name = value.as_str().filter(|text| is_name(text) && text.len() <= 32);
        let name = name.and_then(|text| Text::try_from(text.to_owned()).ok());
        if name.is_none() {
            let problem = "give the name that the secret has in webhookSecrets of the deployment's secret, of up to 32 small letters, digits \
                           and hyphens, such as `crm`; never the secret itself";
            self.wrong(place, problem);
        }
        name
    }

    fn statuses(&mut self, place: &Place, value: &Value) -> Option<Vec<StatusCode>> {
        let mut found = Vec::new();
        for (place, status) in self.list(place, value, 200)? {
            let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
            let status = status.filter(|status| (400..=599).contains(status));
            match status.and_then(|status| StatusCode::from_u16(status).ok()) {
                Some(status) => found.push(status),
                None => self.wrong(&place, "give an HTTP status from 400 to 599 as a number"),
            }
        }
        Some(found)
    }

    fn changes(&mut self, place: &Place, value: &Value) -> Option<ChangeRule> {
        match value {
            Value::String(word) if word == "allow" => return Some(ChangeRule::Allow),
            Value::String(word) if word == "refuse" => return Some(ChangeRule::Refuse),
            Value::Object(members) if members.contains_key("allow") => {
                let before = self.count();
                self.known(place, members, &["allow"]);
                let allow = place.member("allow");
                for (place, change) in self.list(&allow, members.get("allow")?, 1000)? {
                    let Some(change) = self.object(&place, change, "`from` and `to`") else { continue };
                    self.known(&place, change, &["from", "to"]);
                    for side in ["from", "to"] {
                        if let Some(wanted) = change.get(side) {
                            self.wanted(&place.member(side), wanted);
                        }
                    }
                }
                if self.count() > before {
                    return None;
                }
            }
            _ => {}
        }
        let problem = r#"give "allow", "refuse" or the allowed changes like {"allow":[{"from":{"skuCode":"…"},"to":{"skuCode":"…"}}]}"#;
        let rule = ChangeRule::of(value);
        if rule.is_none() {
            self.wrong(place, problem);
        }
        rule
    }

    /// A side of an allowed change.
    fn wanted(&mut self, place: &Place, value: &Value) {
        let Some(members) = self.object(place, value, "`productId`, `skuCode` or `linearValue`") else { return };
        self.known(place, members, &OF_WANTED);
        for name in ["productId", "skuCode"] {
            if let Some(value) = members.get(name) {
                let _: Option<Text<64>> = self.text(&place.member(name), value);
            }
        }
        let Some(bounds) = members.get("linearValue") else { return };
        let place = place.member("linearValue");
        let Some(bounds) = self.object(&place, bounds, "`min`, `max` or both") else { return };
        self.known(&place, bounds, &["min", "max"]);
        for name in ["min", "max"] {
            if bounds.get(name).is_some_and(|bound| !bound.is_number()) {
                self.wrong(&place.member(name), "give a number");
            }
        }
    }

    fn licenses(&mut self, place: &Place, value: &Value) -> Option<LicenseRules> {
        let members = self.object(place, value, "`quota`, `fingerprint` and `expiry`, each optional")?;
        self.known(place, members, &OF_LICENSES);
        let quota = match members.get("quota") {
            None => None,
            Some(quota) => {
                let read = quota.as_u64().and_then(|quota| NonZeroU32::new(u32::try_from(quota).ok()?));
                if read.is_none() {
                    self.wrong(&place.member("quota"), "give a whole number from 1; without a quota, leave it out");
                }
                read
            }
        };
        let mut demand = |name: &str| match members.get(name) {
            None => Demand::Optional,
            Some(Value::String(word)) if word == "optional" => Demand::Optional,
            Some(Value::String(word)) if word == "required" => Demand::Required,
            Some(_) => {
                self.wrong(&place.member(name), "give `optional` or `required`");
                Demand::Optional
            }
        };
        Some(LicenseRules { quota, fingerprint: demand("fingerprint"), expiry: demand("expiry") })
    }

    fn cycle(&mut self, place: &Place, value: &Value) -> Option<Cycle> {
        let members = self.object(place, value, "`cycle`")?;
        self.known(place, members, &["cycle"]);
        match members.get("cycle").and_then(Value::as_str) {
            Some("hourly") => Some(Cycle::Hourly),
            Some("daily") => Some(Cycle::Daily),
            _ => {
                self.wrong(&place.member("cycle"), "give `hourly` or `daily`");
                None
            }
        }
    }

    fn supervision(&mut self, place: &Place, value: &Value) -> Option<Supervised> {
        if value.as_str() == Some("none") {
            return Some(Supervised::No);
        }
        self.word(place, value, Flow::ALL).map(Supervised::By)
    }

    fn features(&mut self, place: &Place, value: &Value) -> Option<Vec<Feature>> {
        let (mut found, mut names) = (Vec::new(), BTreeSet::new());
        for (place, feature) in self.list(place, value, MOST_FEATURES)? {
            let Some(members) = self.object(&place, feature, "`name`, and optionally `limit`") else { continue };
            self.known(&place, members, &["name", "limit"]);
            let (name, limit) = (place.member("name"), place.member("limit"));
            let read = members.get("name").and_then(|value| self.feature_name(&name, value));
            if !members.contains_key("name") {
                self.wrong(&name, "it is missing: give the name by which your application knows the feature");
            }
            if read.as_ref().is_some_and(|read| !names.insert(read.clone())) {
                self.wrong(&name, "this feature stands twice in the list: keep one of them");
            }
            let most = members.get("limit").map(|most| most.as_u64().filter(|most| *most <= LARGEST_LIMIT));
            if most == Some(None) {
                self.wrong(
                    &limit,
                    format!("give a whole number from 0 to {LARGEST_LIMIT}; without a limit, leave it out"),
                );
            }
            found.extend(read.map(|name| Feature { name, limit: most.flatten() }));
        }
        Some(found)
    }

    fn feature_name(&mut self, place: &Place, value: &Value) -> Option<Text<64>> {
        let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let name = value.as_str().filter(|text| is_name(text) && !is_a_secret(text));
        let name = name.and_then(|text| Text::try_from(text.to_owned()).ok());
        if name.is_none() {
            self.wrong(
                place,
                "give 1 to 64 letters, digits, dots, underscores and hyphens: your application compares it",
            );
        }
        name
    }

    /// A text of 1 to `MAX` characters that is no secret.
    pub(crate) fn text<const MAX: usize>(&mut self, place: &Place, value: &Value) -> Option<Text<MAX>> {
        let text = value.as_str();
        if text.is_some_and(is_a_secret) {
            self.wrong(place, format!("it looks like a secret: {}", secret_word::WHERE));
            return None;
        }
        let text = text.and_then(|text| Text::try_from(text.to_owned()).ok());
        if text.is_none() {
            self.wrong(place, format!("give a text of 1 to {MAX} characters"));
        }
        text
    }

    /// One of some words.
    pub(crate) fn word<T: std::str::FromStr + Copy + Into<&'static str>>(
        &mut self,
        place: &Place,
        value: &Value,
        all: &[T],
    ) -> Option<T> {
        let read = value.as_str().and_then(|word| word.parse().ok());
        if read.is_none() {
            let mut words: Vec<&'static str> = all.iter().map(|word| (*word).into()).collect();
            if place.as_str().ends_with("/supervision") {
                words.push("none");
            }
            let meant = value.as_str().and_then(|word| nearest(word, words.iter().copied()));
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
            self.wrong(place, format!("{meant}there are {}", quoted(&words)));
        }
        read
    }

    /// The members of an object; `of` says what it must have.
    pub(crate) fn object<'a>(&mut self, place: &Place, value: &'a Value, of: &str) -> Option<&'a Map<String, Value>> {
        let members = value.as_object();
        if members.is_none() {
            self.wrong(place, format!("give an object with {of}"));
        }
        members
    }

    /// The members of a list, with their places.
    pub(crate) fn list<'a>(&mut self, place: &Place, value: &'a Value, most: usize) -> Option<Vec<(Place, &'a Value)>> {
        let items = value.as_array().filter(|items| items.len() <= most);
        if items.is_none() {
            self.wrong(place, format!("give a list of up to {most} members"));
        }
        Some(items?.iter().enumerate().map(|(number, item)| (place.item(number), item)).collect())
    }

    /// Refuses members that are not known. Whether all are.
    pub(crate) fn known(&mut self, place: &Place, members: &Map<String, Value>, known: &[&str]) -> bool {
        let before = self.count();
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let problem = match nearest(name, known.iter().copied()) {
                _ if name == SKUS => "only a product has SKUs: put it into the product's section".to_owned(),
                _ if names_a_secret(name) => format!("it looks like a secret: {}", secret_word::WHERE),
                Some(meant) => format!("there is no such member: did you mean `{meant}`?"),
                None => format!("there is no such member: there are {}", quoted(known)),
            };
            self.wrong(&place.member(name), problem);
        }
        self.count() == before
    }

    pub(crate) fn wrong(&mut self, place: &Place, problem: impl Into<String>) {
        self.mistakes.add(place, problem);
    }

    /// Takes note of where a client's id stands. If another one has it already, this says where.
    pub(crate) fn place_of_client(&mut self, id: &str, place: &Place) -> Option<Place> {
        let other = self.clients.get(id).cloned();
        if other.is_none() {
            self.clients.insert(id.to_owned(), place.clone());
        }
        other
    }

    fn count(&self) -> usize {
        self.mistakes.told().len() + self.mistakes.more()
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
