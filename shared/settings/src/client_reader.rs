//! Reads the applications that buyers log in to. They have the form of `KOOGALLERY_OIDC_CLIENTS`, and a document knows the place of each
//! mistake.

use std::str::FromStr;

use koogallery::AppId;
use serde_json::{Map, Value};
use strum::VariantArray;
use url::Url;

use crate::algorithm::Algorithm;
use crate::nearest::nearest;
use crate::oidc_client::{
    AuthMethod, Hashes, IdentityProtocol, NO_ADDRESS, NO_DIGEST, NO_ID, NO_SECRET, OidcClient, UNSAFE, is_client_id,
    is_digest, is_safe,
};
use crate::place::Place;
use crate::reader::Reader;
use crate::secret_word::names_a_secret;

const DIGEST: &str = "client_secret_sha256";
/// The members of a client.
const OF_CLIENT: [&str; 11] = [
    "client_id",
    DIGEST,
    "token_endpoint_auth_method",
    "app_id",
    "client_name",
    "redirect_uris",
    "post_logout_redirect_uris",
    "client_uri",
    "initiate_login_uri",
    "id_token_signed_response_alg",
    "identity_protocol",
];
/// The most clients of a section, and the most addresses or digests of a client.
const MOST: usize = 100;
/// The longest address, in bytes.
const LONGEST_ADDRESS: usize = 2048;

impl Reader {
    /// The clients of a section.
    pub(crate) fn oidc_clients(&mut self, place: &Place, value: &Value) -> Vec<OidcClient> {
        let clients = self.list(place, value, MOST).unwrap_or_default();
        clients.into_iter().filter_map(|(place, client)| self.oidc_client(&place, client)).collect()
    }

    fn oidc_client(&mut self, place: &Place, value: &Value) -> Option<OidcClient> {
        let members =
            self.object(place, value, "`client_id`, `app_id`, `redirect_uris` and what else docs/login.md has")?;
        self.known_of_client(place, members);
        for name in ["client_id", "app_id", "redirect_uris"] {
            if !members.contains_key(name) {
                self.wrong(&place.member(name), "it is missing: `koogallery login client` makes a whole entry");
            }
        }
        let at = |name: &str| members.get(name).map(|value| (place.member(name), value));
        let client_id = at("client_id").and_then(|(place, value)| self.client_id(&place, value));
        let digests = at(DIGEST).map(|(place, value)| self.digests(&place, value)).unwrap_or_default();
        let method = at("token_endpoint_auth_method");
        let method = method.and_then(|(place, value)| self.word(&place, value, AuthMethod::VARIANTS));
        let says_public = members.get("token_endpoint_auth_method").and_then(Value::as_str) == Some("none");
        let has_none = members.get(DIGEST).is_none_or(|digests| *digests == Value::Array(Vec::new()));
        if says_public != has_none {
            self.wrong(&place.member(DIGEST), format!("it {NO_SECRET}"));
        }
        let app_id = at("app_id").and_then(|(place, value)| self.app_id(&place, value));
        let name = at("client_name").and_then(|(place, value)| self.text::<128>(&place, value));
        let redirect_uris = at("redirect_uris").map(|(place, value)| {
            if value.as_array().is_some_and(Vec::is_empty) {
                self.wrong(&place, format!("it {NO_ADDRESS}"));
            }
            self.addresses(&place, value)
        });
        let after_logout = at("post_logout_redirect_uris").map(|(place, value)| self.addresses(&place, value));
        let client_uri = at("client_uri").and_then(|(place, value)| self.address(&place, value));
        let initiate_login_uri = at("initiate_login_uri").and_then(|(place, value)| self.address(&place, value));
        let algorithm = at("id_token_signed_response_alg");
        let algorithm = algorithm.and_then(|(place, value)| self.word(&place, value, Algorithm::ALL));
        let protocol = at("identity_protocol");
        let protocol = protocol.and_then(|(place, value)| self.word(&place, value, IdentityProtocol::VARIANTS));
        Some(OidcClient {
            client_id: client_id?,
            client_secret_sha256: digests,
            token_endpoint_auth_method: method,
            app_id: app_id?,
            client_name: name.map(|name| name.as_str().to_owned()),
            redirect_uris: redirect_uris?,
            post_logout_redirect_uris: after_logout.unwrap_or_default(),
            client_uri,
            initiate_login_uri,
            id_token_signed_response_alg: algorithm.unwrap_or_default(),
            identity_protocol: protocol.unwrap_or_default(),
        })
    }

    /// Refuses members that are not known. Of a secret it says what belongs there in its place.
    fn known_of_client(&mut self, place: &Place, members: &Map<String, Value>) {
        let is_secret = |name: &str| !OF_CLIENT.contains(&name) && names_a_secret(name);
        for name in members.keys().filter(|name| is_secret(name)) {
            let problem = match nearest(name, OF_CLIENT) {
                Some(near) if near != DIGEST => format!("there is no such member: did you mean `{near}`?"),
                _ => format!(
                    "a secret would be shown to whoever reads the settings: take it out, and give its digest as `{DIGEST}`; \
                     `koogallery login client` makes a secret and its digest"
                ),
            };
            self.wrong(&place.member(name), problem);
        }
        let others = members.iter().filter(|(name, _)| !is_secret(name));
        let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.known(place, &others, &OF_CLIENT);
    }

    /// An id, of which the whole document has one client.
    fn client_id(&mut self, place: &Place, value: &Value) -> Option<String> {
        let Some(id) = value.as_str().filter(|id| is_client_id(id)) else {
            self.wrong(place, format!("it {NO_ID}"));
            return None;
        };
        if let Some(other) = self.place_of_client(id, place) {
            self.wrong(
                place,
                format!("the client at {other} has this id as well, and the login knows clients by their ids"),
            );
        }
        Some(id.to_owned())
    }

    fn app_id(&mut self, place: &Place, value: &Value) -> Option<AppId> {
        let id = value.as_str().and_then(|id| AppId::from_str(id).ok());
        if id.is_none() {
            let problem =
                "give the id of the application credential (应用凭证) in Seller Console, of 1 to 64 characters";
            self.wrong(place, problem);
        }
        id
    }

    fn digests(&mut self, place: &Place, value: &Value) -> Hashes {
        let Value::Array(_) = value else { return self.digest(place, value).map_or(Hashes::None, Hashes::One) };
        let digests = self.list(place, value, MOST).unwrap_or_default();
        Hashes::Several(digests.into_iter().filter_map(|(place, digest)| self.digest(&place, digest)).collect())
    }

    fn digest(&mut self, place: &Place, value: &Value) -> Option<String> {
        let digest = value.as_str().filter(|digest| is_digest(digest));
        if digest.is_none() {
            self.wrong(place, format!("it {NO_DIGEST}"));
        }
        digest.map(str::to_owned)
    }

    fn addresses(&mut self, place: &Place, value: &Value) -> Vec<String> {
        let addresses = self.list(place, value, MOST).unwrap_or_default();
        addresses.into_iter().filter_map(|(place, address)| self.address(&place, address)).collect()
    }

    fn address(&mut self, place: &Place, value: &Value) -> Option<String> {
        let address = value.as_str().filter(|address| address.len() <= LONGEST_ADDRESS && is_safe(address));
        if address.is_none() {
            self.wrong(place, format!("it {UNSAFE}, of up to {LONGEST_ADDRESS} characters"));
        }
        let plain = address.filter(|address| !has_a_user(address));
        if address.is_some() && plain.is_none() {
            self.wrong(place, "whoever reads the settings sees it: give an address without user and password");
        }
        plain.map(str::to_owned)
    }
}

fn has_a_user(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::document::SettingsDocument;

    use super::*;

    /// The mistakes of a document with these clients in `default`, without where `default` is.
    fn told(clients: Value) -> Vec<String> {
        let document = json!({ "format": 1, "default": { "oidcClients": clients } });
        let Err(refused) = SettingsDocument::of(&document.into()) else { return Vec::new() };
        let told = refused.mistakes().into_iter().map(|mistake| mistake.to_string());
        told.map(|line| line.replace("/default/oidcClients", "")).collect()
    }

    fn client(changes: &Value) -> Value {
        let mut client = json!({ "client_id": "shop", "client_secret_sha256": "0".repeat(64), "app_id": "app-1",
            "redirect_uris": ["https://shop.example.com/callback"] });
        client.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        client
    }

    #[test]
    fn each_member_of_the_environment_can_stand_in_a_document() {
        let all = client(&json!({
            "client_secret_sha256": ["0".repeat(64), "1".repeat(64)], "token_endpoint_auth_method": "client_secret_basic",
            "client_name": "The shop", "post_logout_redirect_uris": ["https://shop.example.com/bye"],
            "client_uri": "https://shop.example.com/", "initiate_login_uri": "http://127.0.0.1:5000/start",
            "id_token_signed_response_alg": "ES256", "identity_protocol": "cas",
        }));
        let public = json!({ "client_id": "phone", "token_endpoint_auth_method": "none", "app_id": "app-1",
            "redirect_uris": ["https://shop.example.com/callback"] });
        let document = json!({ "format": 1, "default": { "oidcClients": [all, public] } });
        let read = SettingsDocument::of(&document.into()).unwrap();
        let read: Vec<&OidcClient> = read.oidc_clients().map(|(_, client)| client).collect();
        let same: Vec<OidcClient> =
            [all.clone(), public].into_iter().map(|client| serde_json::from_value(client).unwrap()).collect();
        assert_eq!(read, same.iter().collect::<Vec<_>>());
        assert_eq!(all.as_object().unwrap().len(), OF_CLIENT.len());
        assert!(same.iter().all(|client| client.check().is_ok()));
    }

    #[test]
    fn a_mistake_has_its_place_and_says_what_to_do() {
        for (changes, place, problem) in [
            (json!({ "client_id": "a b" }), "/0/client_id", "1 to 64 letters"),
            (json!({ "client_id": 5 }), "/0/client_id", "1 to 64 letters"),
            (json!({ "app_id": "" }), "/0/app_id", "应用凭证"),
            (json!({ "client_secret_sha256": "test" }), "/0/client_secret_sha256", "64 lower-case hex digits"),
            (
                json!({ "client_secret_sha256": ["0".repeat(64), 1] }),
                "/0/client_secret_sha256/1",
                "64 lower-case hex digits",
            ),
            (json!({ "client_secret_sha256": [] }), "/0/client_secret_sha256", "must be there"),
            (json!({ "token_endpoint_auth_method": "none" }), "/0/client_secret_sha256", "must be there"),
            (
                json!({ "token_endpoint_auth_method": "client_secret_baisc" }),
                "/0/token_endpoint_auth_method",
                "did you mean `client_secret_basic`",
            ),
            (json!({ "redirect_uris": [] }), "/0/redirect_uris", "at least one"),
            (json!({ "redirect_uris": "https://a.example.com/" }), "/0/redirect_uris", "give a list"),
            (
                json!({ "redirect_uris": ["https://a.example.com/", "http://a.example.com/"] }),
                "/0/redirect_uris/1",
                "https://",
            ),
            (
                json!({ "client_uri": "https://me:hush-hush@a.example.com/" }),
                "/0/client_uri",
                "without user and password",
            ),
            (json!({ "initiate_login_uri": "https://a.example.com/#a" }), "/0/initiate_login_uri", "without fragment"),
            (
                json!({ "post_logout_redirect_uris": [format!("https://a.example.com/{}", "x".repeat(2048))] }),
                "/0/post_logout_redirect_uris/0",
                "2048",
            ),
            (json!({ "client_name": "" }), "/0/client_name", "1 to 128 characters"),
            (json!({ "id_token_signed_response_alg": "none" }), "/0/id_token_signed_response_alg", "`RS256`, `ES256`"),
            (json!({ "identity_protocol": "saml" }), "/0/identity_protocol", "`oauth2`, `cas`"),
            (json!({ "redirect_uri": [] }), "/0/redirect_uri", "did you mean `redirect_uris`"),
            (
                json!({ "token_endpoint_auth_metod": "none" }),
                "/0/token_endpoint_auth_metod",
                "did you mean `token_endpoint_auth_method`",
            ),
            (json!({ "client_secret": "hush-hush" }), "/0/client_secret", "give its digest as `client_secret_sha256`"),
            (json!({ "password": "hush-hush" }), "/0/password", "give its digest"),
            (json!({ "scope": "openid" }), "/0/scope", "there is no such member"),
        ] {
            let told = told(json!([client(&changes)]));
            assert!(
                matches!(&*told, [line] if line.starts_with(&format!("{place}: ")) && line.contains(problem)),
                "{changes}: {told:#?}"
            );
            assert!(!told[0].contains("hush"), "{told:?}");
        }
        let missing = told(json!([{}, 5]));
        let places: Vec<&str> = missing.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(places, ["/0/client_id", "/0/app_id", "/0/redirect_uris", "/0/client_secret_sha256", "/1"]);
    }

    #[test]
    fn an_id_stands_once_in_the_whole_document() {
        let document = json!({ "format": 1,
            "default": { "oidcClients": [client(&json!({})), client(&json!({ "client_id": "desk" }))] },
            "products": { "p-1": { "oidcClients": [client(&json!({ "client_id": "crm" })), client(&json!({}))] } },
        });
        let told = SettingsDocument::of(&document.into()).unwrap_err().to_string();
        assert_eq!(told.lines().count(), 1, "{told}");
        let expected =
            "/products/p-1/oidcClients/1/client_id: the client at /default/oidcClients/0/client_id has this id";
        assert!(told.starts_with(expected), "{told}");
    }
}
