//! All routes, each with the role that it needs: the one list, by which the router is made and the tests ask.

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};
use http::Method;

use crate::access::Role;
use crate::pages::{
    audit, demands, event, events, figures, find, home, instances, jobs, keys, license_requests, money, orders, people,
    personal, probes, product_settings, sessions, statement, supervision, tenants, thing, warnings,
};
use crate::{Console, acts, entry, session};

/// A route that needs a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`. What changes something is posted.
    pub method: &'static str,
    /// Its path, with its parameters in braces.
    pub path: &'static str,
    /// The role that it needs at least.
    pub role: Role,
}

macro_rules! routes {
    ($($method:ident $path:literal $role:ident $handler:path;)+) => {
        /// All routes that need a session.
        pub const ROUTES: &[Route] = &[$(Route {
            method: routes!(@ $method),
            path: $path,
            role: Role::$role,
        },)+];

        /// These routes, each for its role.
        pub(crate) fn guarded(console: &Arc<Console>) -> Router<Arc<Console>> {
            let needs = |role| middleware::from_fn_with_state((Arc::clone(console), role), session::require);
            Router::new()$(.route($path, $method($handler).layer(needs(Role::$role))))+
        }
    };
    (@ get) => { "GET" };
    (@ post) => { "POST" };
}

/// Where whoever chooses a language is led: the page itself, or the nearest one above it where its address cannot be opened, such as
/// that of an answer to a form.
pub(crate) fn page_of(method: &Method, path_and_query: &str) -> String {
    let mut path = path_and_query.split('?').next().unwrap_or("/");
    let can_be_opened = |path: &str| ROUTES.iter().any(|route| route.method == "GET" && fits(route.path, path));
    if *method == Method::GET && can_be_opened(path) {
        return path_and_query.to_owned();
    }
    while let Some((above, _)) = path.rsplit_once('/') {
        if can_be_opened(above) {
            return above.to_owned();
        }
        path = above;
    }
    "/".to_owned()
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    pattern.clone().count() == path.clone().count()
        && pattern.zip(path).all(|(part, said)| part == said || part.starts_with('{'))
}

routes! {
    get "/" Viewer home::get;
    get "/find" Viewer find::find;
    post "/find/people" Operator people::find;
    get "/instances" Viewer instances::list;
    get "/instances/{id}" Viewer thing::instance;
    post "/instances/{id}/app-info" Operator acts::provisioning::app_info;
    post "/instances/{id}/failure" Operator acts::provisioning::failure;
    post "/instances/{id}/show" Operator personal::instance;
    post "/instances/{id}/erase" Administrator acts::erase::instance;
    get "/orders" Viewer orders::list;
    get "/orders/{id}" Viewer thing::order;
    post "/orders/{id}/supervision" Operator acts::supervision::open;
    post "/orders/{id}/steps" Operator acts::supervision::enter;
    get "/supervision" Viewer supervision::list;
    get "/money" Viewer money::list;
    post "/statements" Operator acts::statement::import;
    get "/statements/{id}" Viewer statement::get;
    post "/findings/{id}/explain" Operator acts::money::explain;
    get "/demands" Viewer demands::list;
    post "/demands/enter" Operator acts::demand::enter;
    get "/demands/{id}" Viewer demands::get;
    post "/demands/{id}" Operator acts::demand::change;
    post "/orders/{id}/show" Operator personal::order;
    get "/licenses/{code}" Viewer thing::license;
    post "/licenses/{code}/erase" Administrator acts::erase::license;
    get "/license-requests" Viewer license_requests::list;
    get "/tenants" Viewer tenants::list;
    get "/tenants/{id}" Viewer thing::tenant;
    post "/tenants/{id}/show" Operator personal::tenant;
    get "/events" Viewer events::list;
    get "/events/{id}" Viewer event::get;
    post "/events/{id}/resend" Operator acts::event::resend;
    post "/events/{id}/discard" Operator acts::event::discard;
    get "/jobs" Viewer jobs::list;
    post "/jobs" Operator jobs::begin;
    get "/jobs/{id}" Viewer jobs::get;
    get "/probes" Viewer probes::list;
    post "/probes/forget" Operator acts::debug::forget;
    get "/figures" Viewer figures::get;
    get "/warnings" Viewer warnings::list;
    get "/warnings/{id}" Viewer warnings::get;
    post "/warnings/{id}/acknowledge" Operator acts::warning::acknowledge;
    post "/warnings/{id}/snooze" Operator acts::warning::snooze;
    get "/keys" Viewer keys::list;
    post "/keys/rotate" Administrator keys::rotate;
    get "/product-settings" Viewer product_settings::list;
    get "/product-settings/{id}" Viewer product_settings::get;
    post "/product-settings/{id}/rollback" Administrator product_settings::rollback;
    get "/audit" Viewer audit::list;
    get "/audit.csv" Viewer audit::csv;
    get "/sessions" Administrator sessions::list;
    post "/sessions/end" Administrator sessions::end;
    post "/sign-out" Viewer entry::sign_in::sign_out;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_be_opened_belongs_to_the_page_above() {
        for (method, address, page) in [
            (Method::GET, "/", "/"),
            (Method::GET, "/orders?state=open", "/orders?state=open"),
            (Method::GET, "/callback?code=x", "/"),
            (Method::POST, "/instances/b-1/show", "/instances/b-1"),
            (Method::POST, "/orders/CS-1/show?x=1", "/orders/CS-1"),
            (Method::POST, "/find/people", "/find"),
            (Method::POST, "/findings/1/explain", "/"),
            (Method::POST, "/statements", "/"),
        ] {
            assert_eq!(page_of(&method, address), page, "{address}");
        }
        for route in ROUTES.iter().filter(|route| route.method == "POST") {
            let page = page_of(&Method::POST, route.path);
            assert!(page == "/" || ROUTES.iter().any(|other| other.method == "GET" && other.path == page), "{page}");
        }
    }
}
