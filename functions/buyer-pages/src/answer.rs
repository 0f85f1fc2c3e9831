//! A request, from its address to the answer with its headers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, REFRESH, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use koogallery::InstanceId;
use koogallery_runtime::{Language, PageRecord, RequestId};
use koogallery_store::{Instance, StoreError};

use crate::BuyerPages;
use crate::page::{Facts, of_instance, without_instance};
use crate::shown::Shown;
use crate::texts;

/// How long a page may take: Lambda ends the function a second later.
const DEADLINE: Duration = Duration::from_secs(4);
/// After so many seconds a browser looks again whether the instance is ready.
const LOOKS_AGAIN: &str = "30";
/// The word in the log for a page that could not be made.
const NOT_NOW: &str = "not-now";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Where the seller's logo may be loaded from.
#[derive(Debug, Clone)]
struct LogoOrigin(String);

/// The page of an address, and its line in the log.
pub(crate) async fn page(
    State(pages): State<Arc<BuyerPages>>,
    Path(address): Path<String>,
    request: Request,
) -> Response {
    let (start, at) = (Instant::now(), pages.now());
    let language = language(request.uri(), request.headers());
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let answered = tokio::time::timeout(DEADLINE, pages.answer(&address, language)).await;
    let (page, instance_id, reason, response) = match answered {
        // An address that nobody was given leaves no line: anybody can send a million of them.
        Ok(Ok(None)) => return not_found(language),
        Ok(Ok(Some((id, page, response)))) => (page, Some(id.to_string()), None, response),
        Ok(Err(error)) => (NOT_NOW, None, Some(error.to_string()), not_now(language)),
        Err(_) => (NOT_NOW, None, Some("the store did not answer in time".to_owned()), not_now(language)),
    };
    let (status, duration) = (response.status().as_u16(), start.elapsed());
    pages.log.page(&PageRecord { at, request_id, instance_id, page, status, reason, duration });
    response
}

/// The answer to every other path.
pub(crate) async fn no_page(uri: Uri, headers: HeaderMap) -> Response {
    not_found(language(&uri, &headers))
}

impl BuyerPages {
    /// The instance of an address, the word for what is shown of it, and the answer. None if the address is of none.
    async fn answer(
        &self,
        address: &str,
        language: Language,
    ) -> Result<Option<(InstanceId, &'static str, Response)>, StoreError> {
        let Some(instance) = self.instance(address).await? else { return Ok(None) };
        let (page, response) = self.shown(&instance, language).await?;
        Ok(Some((instance.instance_id, page, response)))
    }

    /// The instance of an address. An address that this deployment did not make is found out without a read of the table.
    async fn instance(&self, address: &str) -> Result<Option<Instance>, StoreError> {
        let Some(key) = self.key().await? else { return Ok(None) };
        let Some((world, id)) = key.instance(address) else { return Ok(None) };
        self.store.instance_in(world, &id).await
    }

    /// What an instance shows, and the word for it.
    async fn shown(&self, instance: &Instance, language: Language) -> Result<(&'static str, Response), StoreError> {
        let settings = self.settings.current(&self.store).await?;
        let life = &instance.life;
        let product = life.product_id.as_ref();
        let pages = settings.document.buyer_pages(product);
        let Some(shown) = Shown::of(instance, pages) else { return Ok(("none", not_found(language))) };
        let response = match (shown, pages) {
            (Shown::Continue(app), _) => continued(app).unwrap_or_else(|| not_now(language)),
            (_, None) => not_found(language),
            (_, Some(pages)) => {
                let sku = life.holds().and_then(|bought| bought.sku_code.as_ref());
                let facts = Facts {
                    pages,
                    plan: settings.document.plan(product, sku).map(koogallery::Text::as_str),
                    expires_at: life.expire_time.map(koogallery::ExpireTime::timestamp),
                    retention: self.retention,
                };
                let mut response = Html(of_instance(language, shown, &facts).into_string()).into_response();
                if let Some(logo) = &pages.logo {
                    response.extensions_mut().insert(LogoOrigin(logo.origin().to_owned()));
                }
                if shown == Shown::Preparing {
                    response.headers_mut().insert(REFRESH, HeaderValue::from_static(LOOKS_AGAIN));
                }
                response
            }
        };
        Ok((shown.word(), response))
    }
}

/// The way to the application. None if no header can have its address.
fn continued(app: &str) -> Option<Response> {
    let to = HeaderValue::from_str(app).ok()?;
    Some((StatusCode::FOUND, [(LOCATION, to)]).into_response())
}

fn not_found(language: Language) -> Response {
    let page = without_instance(language, texts::NO_PAGE, texts::NO_PAGE_HELP);
    (StatusCode::NOT_FOUND, Html(page.into_string())).into_response()
}

fn not_now(language: Language) -> Response {
    let page = without_instance(language, texts::NOT_NOW, texts::NOT_NOW_HELP);
    (StatusCode::SERVICE_UNAVAILABLE, Html(page.into_string())).into_response()
}

/// The reader's language: the one that was clicked, else the browser's.
fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    let clicked = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    match clicked {
        Some("zh") => Language::Chinese,
        Some("en") => Language::English,
        _ => Language::of(headers),
    }
}

/// What every answer has: nobody keeps it, frames it, lists it or learns its address from it, and it runs nothing.
pub(crate) async fn with_headers(mut response: Response) -> Response {
    let logo = response
        .extensions_mut()
        .remove::<LogoOrigin>()
        .map_or_else(String::new, |LogoOrigin(origin)| format!(" {origin}"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:{logo}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (ROBOTS, "noindex, nofollow"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}
