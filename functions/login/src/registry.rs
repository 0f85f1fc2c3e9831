//! The clients that hold for a request: those of the settings of products, and those of the environment.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use koogallery::ProductId;
use koogallery_runtime::CurrentSettings;
use koogallery_settings::OidcClient;
use koogallery_store::{Instance, World};

use crate::Login;
use crate::clients::Clients;
use crate::stop::Failure;

/// All clients, as they are for one request.
#[derive(Clone)]
pub(crate) struct Registry {
    environment: Arc<Clients>,
    settings: Arc<CurrentSettings>,
    /// Why the settings are not known, if they are not. The clients of the environment are known all the same.
    unread: Option<Arc<str>>,
}

/// A client, and whose users it lets in.
#[derive(Clone, Copy)]
pub(crate) struct Registered<'a> {
    pub(crate) client: &'a OidcClient,
    /// The product whose section of the settings has it: only users of its instances may enter. None if it is for all products.
    product: Option<&'a ProductId>,
}

/// Why the settings are not those that somebody wrote last, for the log.
#[derive(Debug, Clone)]
pub(crate) struct SettingsKept(pub(crate) String);

impl Login {
    /// The clients that hold now. The settings are read at most 30 s ago; if they cannot be read, the last ones hold.
    pub(crate) async fn registry(&self) -> Registry {
        let (settings, unread) = match self.settings.current(self.store()).await {
            Ok(settings) => (settings, None),
            Err(error) => (Arc::default(), Some(error.to_string().into())),
        };
        Registry { environment: Arc::clone(&self.clients), settings, unread }
    }
}

impl Registry {
    /// The client with this id. Where both have one, that of the settings counts. If the settings are not known, nobody can say that
    /// there is none.
    pub(crate) fn named(&self, id: &str) -> Result<Option<Registered<'_>>, Failure> {
        let found =
            self.of_settings().chain(self.of_environment()).find(|registered| registered.client.client_id == id);
        match (&found, &self.unread) {
            (None, Some(why)) => Err(Failure::Settings(Arc::clone(why))),
            _ => Ok(found),
        }
    }

    /// All of them, each id once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Registered<'_>> {
        let is_replaced = |id: &str| self.of_settings().any(|registered| registered.client.client_id == id);
        let environment = self.of_environment().filter(move |registered| !is_replaced(&registered.client.client_id));
        environment.chain(self.of_settings())
    }

    fn of_environment(&self) -> impl Iterator<Item = Registered<'_>> {
        self.environment.iter().map(|client| Registered { client, product: None })
    }

    fn of_settings(&self) -> impl Iterator<Item = Registered<'_>> {
        self.settings.document.oidc_clients().map(|(product, client)| Registered { client, product })
    }

    fn kept_because(&self) -> Option<String> {
        let unread = || self.unread.as_ref().map(|why| format!("only the clients of the environment are known: {why}"));
        self.settings.kept_because.clone().or_else(unread)
    }
}

impl Registered<'_> {
    /// Whether it is for one product only.
    pub(crate) const fn is_of_a_product(&self) -> bool {
        self.product.is_some()
    }

    /// Whether it is for users of this instance. One whose product is not known is nobody's who is for one product. Debug calls need
    /// not name a product: the console's test has to reach every client.
    pub(crate) fn is_for(&self, world: World, instance: Option<&Instance>) -> bool {
        let Some(product) = self.product else { return true };
        match instance.and_then(|instance| instance.life.product_id.as_ref()) {
            Some(known) => known == product,
            None => world == World::Test,
        }
    }
}

/// Gives a request the clients that hold for it.
pub(crate) async fn attach(State(login): State<Arc<Login>>, mut request: Request, next: Next) -> Response {
    let registry = login.registry().await;
    let kept = registry.kept_because();
    request.extensions_mut().insert(registry);
    let mut response = next.run(request).await;
    if let Some(why) = kept {
        response.extensions_mut().insert(SettingsKept(why));
    }
    response
}

#[cfg(test)]
mod tests {
    use koogallery_settings::SettingsDocument;
    use serde_json::{Value, json};

    use super::*;

    fn client(id: &str, name: &str) -> Value {
        json!({ "client_id": id, "client_name": name, "token_endpoint_auth_method": "none", "app_id": "app-1",
            "redirect_uris": ["https://a.example.com/"] })
    }

    /// The environment has `shop` and `phone`; the settings have `shop` for all products, and `crm` for one.
    fn registry(unread: Option<&str>) -> Registry {
        let environment = json!([client("shop", "of the environment"), client("phone", "of the environment")]);
        let document = json!({
            "format": 1,
            "default": { "oidcClients": [client("shop", "of the settings")] },
            "products": { "p-1": { "oidcClients": [client("crm", "of the settings")] } },
        });
        let document = if unread.is_none() { document } else { json!({ "format": 1 }) };
        let document = SettingsDocument::of(&document.into()).unwrap();
        Registry {
            environment: Arc::new(Clients::from_json(&environment.to_string()).unwrap()),
            settings: Arc::new(CurrentSettings { document, ..CurrentSettings::default() }),
            unread: unread.map(Arc::from),
        }
    }

    #[test]
    fn each_id_stands_once_and_the_settings_count() {
        let registry = registry(None);
        let all: Vec<(&str, &str)> =
            registry.iter().map(|of| (of.client.client_id.as_str(), of.client.name())).collect();
        let (environment, settings) = ("of the environment", "of the settings");
        assert_eq!(all, [("phone", environment), ("shop", settings), ("crm", settings)]);
        assert_eq!(registry.named("shop").unwrap().unwrap().client.name(), settings);
        assert!(registry.named("nobody").unwrap().is_none());
    }

    #[test]
    fn if_the_settings_are_not_known_nobody_says_that_there_is_no_such_client() {
        let registry = registry(Some("no table"));
        assert_eq!(registry.named("shop").unwrap().unwrap().client.name(), "of the environment");
        assert!(matches!(registry.named("crm"), Err(Failure::Settings(_))));
        assert!(registry.kept_because().unwrap().ends_with("no table"));
    }

    #[test]
    fn a_client_of_a_product_is_for_no_instance_of_an_unknown_one_but_for_those_of_debug_calls() {
        let registry = registry(None);
        let (crm, shop) = (registry.named("crm").unwrap().unwrap(), registry.named("shop").unwrap().unwrap());
        assert!(crm.is_of_a_product() && !shop.is_of_a_product());
        assert!(!crm.is_for(World::Real, None) && crm.is_for(World::Test, None) && shop.is_for(World::Real, None));
    }
}
