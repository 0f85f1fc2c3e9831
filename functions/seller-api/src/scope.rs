//! Lets only tokens with the scope of a route pass. Each route is in the group of its scope: see [`crate::document`].

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use koogallery_runtime::Scope;

use crate::access::Allowed;
use crate::problem::{Kind, Problem};

/// Lets a request pass whose token has this scope. The token itself is checked before.
pub(crate) async fn require(State(scope): State<Scope>, request: Request, next: Next) -> Response {
    let has_it = request.extensions().get::<Allowed>().is_some_and(|allowed| allowed.scopes.has(scope));
    if has_it {
        return next.run(request).await;
    }
    let word = scope.word();
    let detail = format!(
        "the token has not the scope `{word}`: add it to the token in the deployment's secret, or send another token"
    );
    Problem::new(Kind::Scope, detail).into_response()
}
