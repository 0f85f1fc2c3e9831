//! The addresses of buyers' pages. Where a product has such pages, KooGallery is told the address of the instance's page in place of the
//! application's own, which the page then leads to.

use koogallery::{AppInfo, InstanceId, ProductId, Text};
use koogallery_settings::{SettingsDocument, keeps_a_secret};
use koogallery_store::{PageKey, Store, StoreError, World};
use tokio::sync::OnceCell;

use crate::config::{ConfigError, Environment, InvalidValue};

/// The variable with the address below which the pages are.
const URL: &str = "KOOGALLERY_BUYER_PAGES_URL";
/// With a longer one the address of the longest instance id would not fit into an app info.
const LONGEST: usize = 120;

/// Makes the addresses of pages, if the deployment has pages.
#[derive(Debug)]
pub struct PageAddresses {
    base: Option<String>,
    /// It never changes, so a process reads it once.
    key: OnceCell<PageKey>,
}

/// An instance of which an address is wanted.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// Whether it is a buyer's, or one of debug calls.
    pub world: World,
    /// Its id.
    pub id: &'a InstanceId,
    /// Its product, if that is known.
    pub product: Option<&'a ProductId>,
}

/// Why there is no address.
#[derive(Debug, thiserror::Error)]
pub enum PageAddressError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key could not be drawn.
    #[error("the system gave no random numbers for the key of buyers' pages")]
    NoRandomness,
}

impl PageAddresses {
    /// Reads `KOOGALLERY_BUYER_PAGES_URL`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let base = environment.get(URL).map(|url| url.trim().trim_end_matches('/').to_owned());
        if base.as_ref().is_some_and(|base| !keeps_a_secret(base) || base.contains('?') || base.len() > LONGEST) {
            let wanted = "an https:// address of up to 120 characters without user, query and fragment, such as https://example.com/buyer";
            return Err(ConfigError::invalid(URL, InvalidValue::Unexpected(wanted)));
        }
        Ok(Self { base, key: OnceCell::new() })
    }

    /// Whether the deployment has pages.
    #[must_use]
    pub const fn are_known(&self) -> bool {
        self.base.is_some()
    }

    /// The address of an instance's page. None if its product has no pages, or the deployment has none.
    pub async fn address(
        &self,
        store: &Store,
        settings: &SettingsDocument,
        of: PageOf<'_>,
    ) -> Result<Option<String>, PageAddressError> {
        let Some(base) = &self.base else { return Ok(None) };
        if settings.buyer_pages(of.product).is_none() {
            return Ok(None);
        }
        let key = self.key.get_or_try_init(|| key(store)).await?;
        Ok(key.address(of.world, of.id).map(|address| format!("{base}/{address}")))
    }

    /// What KooGallery is told of an instance: its page, where there is one.
    pub async fn instead(
        &self,
        store: &Store,
        settings: &SettingsDocument,
        of: PageOf<'_>,
        app_info: AppInfo,
    ) -> Result<AppInfo, PageAddressError> {
        let page = self.address(store, settings, of).await?;
        let page = page.and_then(|page| Text::try_from(page).ok());
        Ok(match page {
            Some(front_end_url) => AppInfo { front_end_url, ..app_info },
            None => app_info,
        })
    }
}

/// The table's key, which is drawn if there is none yet.
async fn key(store: &Store) -> Result<PageKey, PageAddressError> {
    if let Some(key) = store.page_key().await? {
        return Ok(key);
    }
    let mut drawn = [0; PageKey::BYTES];
    getrandom::fill(&mut drawn).map_err(|_| PageAddressError::NoRandomness)?;
    Ok(store.keep_first_page_key(&drawn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_koogallery_can_show_is_one() {
        let of = |url: &str| PageAddresses::of(&Environment::default().with(URL, url));
        for good in ["https://example.com/buyer", "https://example.com/", "http://127.0.0.1:8080/buyer"] {
            assert!(of(good).unwrap().are_known(), "{good}");
        }
        assert!(!PageAddresses::of(&Environment::default()).unwrap().are_known());
        let long = format!("https://example.com/{}", "x".repeat(101));
        for bad in [
            "example.com",
            "http://example.com/",
            "https://u:p@example.com",
            "https://e.com/?a",
            "https://e.com/#a",
            &long,
        ] {
            assert!(of(bad).unwrap_err().to_string().starts_with("KOOGALLERY_BUYER_PAGES_URL cannot be used"), "{bad}");
        }
    }
}
