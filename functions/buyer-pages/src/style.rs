//! The one stylesheet. Its name has a digest of it, so browsers keep it until there is another.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// Its path.
pub(crate) static PATH: LazyLock<String> = LazyLock::new(|| {
    let digest = hex::encode(&Sha256::digest(STYLE)[..8]);
    format!("/style-{digest}.css")
});

/// Answers with it.
pub(crate) async fn get() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLE).into_response()
}
