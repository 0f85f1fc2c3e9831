//! A seller with a console, and operators with browsers: by the one-time link of a host, or by an identity provider.

use koogallery_runtime::Environment;
use koogallery_store::{About, Action};
use koogallery_tests::Seller;
use koogallery_tests::browser::{Browser, Page};

use super::provider::Provider;

/// Who may enter where an identity provider says who it is.
pub(crate) const ACCESS: &str =
    "vera@example.com=viewer,otto@example.com=operator,ada@example.com=administrator,group:on-call=operator";
pub(crate) const CLIENT: &str = "the console";

/// A seller with a console, and the browser of one operator.
pub(crate) struct World {
    pub(crate) seller: Seller,
    pub(crate) browser: Browser,
}

impl World {
    /// With an administrator who came by the link.
    pub(crate) async fn start() -> Self {
        Self::with(|environment| environment).await
    }

    /// The same with other configuration.
    pub(crate) async fn with(change: impl FnOnce(Environment) -> Environment) -> Self {
        let seller = Seller::with(change).await;
        let browser = Browser::default();
        let page = browser.go(seller.host.console().unwrap()).await;
        assert_eq!(page.status, 200, "{}", page.body);
        Self { seller, browser }
    }

    /// The address of a page.
    pub(crate) fn at(&self, path: &str) -> String {
        at(&self.seller, path)
    }

    /// Opens a page that there is.
    pub(crate) async fn open(&self, path: &str) -> Page {
        let page = self.browser.open(&self.at(path)).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page
    }

    /// Sends the form that goes to a path, from a page, and follows it.
    pub(crate) async fn send(&self, from: &str, to: &str, typed: &[(&str, &str)]) -> Page {
        let page = self.open(from).await;
        let sent = self.browser.submit_to(&page, &format!("/console{to}"), typed).await;
        self.browser.follow(sent).await
    }

    /// All actions so far, the oldest first, but those of signing in.
    pub(crate) async fn actions(&self) -> Vec<Action> {
        let all = self.seller.host.store().actions(koogallery_store::Place::default(), 1000).await.unwrap().members;
        let mut all: Vec<Action> = all.into_iter().filter(|action| action.what != Action::SESSION_BEGUN).collect();
        all.sort_by_key(|action| (action.at, action.id));
        all
    }

    /// What was done to something.
    pub(crate) async fn done_to(&self, partition: &str) -> Vec<Action> {
        let about: About = partition.parse().unwrap();
        self.seller.host.store().actions_on(&about, 100).await.unwrap()
    }
}

/// The address of a page of a seller's console.
pub(crate) fn at(seller: &Seller, path: &str) -> String {
    let root = if path == "/" { "" } else { path };
    format!("{}console{root}", seller.host.address())
}

/// A seller whose console asks a provider.
pub(crate) async fn with_provider(provider: &Provider) -> Seller {
    Seller::with(|environment| {
        environment
            .with("KOOGALLERY_CONSOLE_ISSUER", provider.issuer())
            .with("KOOGALLERY_CONSOLE_CLIENT_ID", CLIENT)
            .with("KOOGALLERY_CONSOLE_ACCESS", ACCESS)
    })
    .await
}

/// Signs somebody in with a new browser.
pub(crate) async fn signed_in(seller: &Seller, provider: &Provider, address: &str) -> Browser {
    provider.is(address, &[]);
    let browser = Browser::default();
    let page = browser.go(&at(seller, "/")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}
