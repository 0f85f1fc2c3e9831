//! The API's description, `OpenAPI` 3.1. It is made from the handlers, so no route can be missing.

use std::sync::{Arc, LazyLock};

use axum::extract::OriginalUri;
use axum::{Json, Router, middleware};
use http::uri::Authority;
use http::{HeaderMap, Uri};
use koogallery_runtime::Scope;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Document, Kind, MistakeView, RecordProblem};
use crate::{
    SellerApi, actions, applications, demands, departments, discard, entitlement, erasure, events, facts, findings,
    health, imports, instances, license_lists, licenses, mappings, metering, order_record, orders, packages, probes,
    provisioning, purchase, resend, scope, settings, statement_rows, statements, summary, supervise, supervised,
    tenants, trace, usage, usage_hours, users, warnings,
};

type Routes = OpenApiRouter<Arc<SellerApi>>;

/// The routes that need a token, by the scope that it needs.
fn scoped() -> [(Scope, Routes); 7] {
    let read = OpenApiRouter::default()
        .routes(routes!(instances::list))
        .routes(routes!(instances::get))
        .routes(routes!(entitlement::get))
        .routes(routes!(entitlement::of_user))
        .routes(routes!(usage::get_usage_info))
        .routes(routes!(metering::list))
        .routes(routes!(usage_hours::list))
        .routes(routes!(packages::get))
        .routes(routes!(events::list))
        .routes(routes!(events::of_instance))
        .routes(routes!(events::of_order))
        .routes(routes!(events::of_license))
        .routes(routes!(events::of_tenant))
        .routes(routes!(events::of_warning))
        .routes(routes!(orders::list))
        .routes(routes!(order_record::get))
        .routes(routes!(summary::get))
        .routes(routes!(facts::list))
        .routes(routes!(statements::list))
        .routes(routes!(statements::get))
        .routes(routes!(statement_rows::rows))
        .routes(routes!(mappings::list))
        .routes(routes!(findings::list))
        .routes(routes!(findings::explanations))
        .routes(routes!(supervised::list))
        .routes(routes!(warnings::list))
        .routes(routes!(warnings::get))
        .routes(routes!(demands::list))
        .routes(routes!(demands::get))
        .routes(routes!(actions::list))
        .routes(routes!(tenants::list))
        .routes(routes!(tenants::get))
        .routes(routes!(applications::get))
        .routes(routes!(license_lists::codes))
        .routes(routes!(license_lists::requests))
        .routes(routes!(licenses::get))
        .routes(routes!(trace::get))
        .routes(routes!(probes::list));
    let provision = OpenApiRouter::default()
        .routes(routes!(provisioning::put_app_info))
        .routes(routes!(provisioning::put_failure))
        .routes(routes!(resend::resend))
        .routes(routes!(discard::discard))
        .routes(routes!(licenses::put))
        .routes(routes!(licenses::put_of_order))
        .routes(routes!(licenses::activate))
        .routes(routes!(licenses::heartbeat));
    let orders = OpenApiRouter::default()
        .routes(routes!(supervise::open))
        .routes(routes!(supervise::step))
        .routes(routes!(warnings::acknowledge))
        .routes(routes!(warnings::snooze))
        .routes(routes!(demands::enter))
        .routes(routes!(demands::change))
        .routes(routes!(statements::begin))
        .routes(routes!(statement_rows::add))
        .routes(routes!(statement_rows::finish))
        .routes(routes!(mappings::confirm))
        .routes(routes!(findings::keep))
        .routes(routes!(findings::explain));
    let usage = OpenApiRouter::default()
        .routes(routes!(usage::put_usage_info))
        .routes(routes!(usage::push))
        .routes(routes!(metering::take))
        .routes(routes!(usage_hours::park))
        .routes(routes!(usage_hours::resend))
        .routes(routes!(packages::put));
    let import = OpenApiRouter::default().routes(routes!(imports::import));
    let personal_data = OpenApiRouter::default()
        .routes(routes!(purchase::get))
        .routes(routes!(purchase::of_order))
        .routes(routes!(applications::client_secret))
        .routes(routes!(users::list))
        .routes(routes!(users::get))
        .routes(routes!(departments::list))
        .routes(routes!(erasure::of_instance))
        .routes(routes!(erasure::of_license));
    let settings = OpenApiRouter::default()
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(settings::versions))
        .routes(routes!(settings::version))
        .routes(routes!(settings::check));
    [
        (Scope::Read, read),
        (Scope::Provision, provision),
        (Scope::Orders, orders),
        (Scope::Usage, usage),
        (Scope::PersonalData, personal_data),
        (Scope::Import, import),
        (Scope::Settings, settings),
    ]
}

/// The routes that need a token. Each lets only tokens with its scope pass.
pub(crate) fn routes() -> Router<Arc<SellerApi>> {
    let routers = scoped().map(|(scope, routes)| {
        let (routes, _) = routes.split_for_parts();
        routes.route_layer(middleware::from_fn_with_state(scope, scope::require))
    });
    routers.into_iter().fold(Router::new(), Router::merge)
}

/// The routes that need no token.
pub(crate) fn open_routes() -> Routes {
    OpenApiRouter::default().routes(routes!(get)).routes(routes!(health::get))
}

/// The description, made once.
pub(crate) static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);

/// This description.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "description", operation_id = "getDescription",
    responses((status = 200, description = "The description of the API, OpenAPI 3.1", body = serde_json::Value)))]
async fn get(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Json<OpenApi> {
    let server = ServerBuilder::new().url(server(&uri, &headers)).build();
    let mut document = DOCUMENT.clone();
    document.servers = Some(vec![server]);
    Json(document)
}

/// The address at which this request reached the API, without a closing slash: as the caller sees it, also behind a proxy.
fn server(uri: &Uri, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let below = uri.path().strip_suffix("/v1/openapi.json").unwrap_or_default();
    let Some(host) = text("host").filter(|host| !host.is_empty()).or(uri.authority().map(Authority::as_str)) else {
        // An address without a host is below the one that the document comes from.
        return if below.is_empty() { "/".to_owned() } else { below.to_owned() };
    };
    let scheme = text("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let scheme = scheme.or(uri.scheme_str()).unwrap_or("http");
    format!("{scheme}://{host}{below}")
}

const DESCRIPTION: &str = "\
For the seller's own application and its operators: send the buyer's way into an instance, look at instances and their \
history, report usage, activate licenses.

Every route except this description needs `Authorization: Bearer` with one of the tokens in the deployment's secret. \
A token may have scopes: `read`, `provision`, `orders`, `usage`, `personal-data`, `import`, `settings`. Each operation names the one that it needs. A token \
without scopes has all of them.

Lists come in pages. If an answer has `next`, send it as `cursor` to get the next page. The last page has none. A page \
may have fewer members than `limit`.

A problem is reported as `application/problem+json` (RFC 9457). Its `type` is one of:
";

/// The whole description of the API, without the address where it is served.
#[must_use]
pub fn document() -> OpenApi {
    let (_, open) = open_routes().split_for_parts();
    let kinds = Kind::ALL.iter().map(|kind| {
        let (uri, status, title) = (kind.uri(), kind.status().as_u16(), kind.title());
        format!("\n- `{uri}` ({status}): {title}")
    });
    let description: String = std::iter::once(DESCRIPTION.to_owned()).chain(kinds).collect();
    let info = InfoBuilder::new()
        .title("KooGallery seller API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .license(Some(License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();

    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let mut components = Components::new();
    components.schemas.insert(Document::name().into_owned(), Document::schema());
    components.schemas.insert(MistakeView::name().into_owned(), MistakeView::schema());
    components.schemas.insert(RecordProblem::name().into_owned(), RecordProblem::schema());
    components.add_security_scheme("token", SecurityScheme::Http(scheme));
    document.components = Some(components);
    for (scope, routes) in scoped() {
        let (_, mut guarded) = routes.split_for_parts();
        for item in guarded.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.patch].into_iter().flatten() {
                operation.security = Some(vec![SecurityRequirement::new("token", [scope.word()])]);
                complete(operation);
            }
        }
        document.merge(guarded);
    }
    document.merge(open);
    document
}

/// Adds the answers that every route can give, and the form of a problem.
fn complete(operation: &mut Operation) {
    let mut common = vec![
        (400, "A part of the request does not have the expected form"),
        (401, "The token is missing or wrong"),
        (403, "The token does not have the scope of this operation"),
        (429, "Too many wrong tokens came from this address: wait as the header `Retry-After` says"),
        (500, "An internal fault"),
        (503, "The request cannot be served now: try again"),
    ];
    if operation.request_body.is_some() {
        common.extend([(413, "The body is too long"), (415, "The body is not JSON")]);
    }
    let responses = &mut operation.responses.responses;
    for (status, description) in common {
        let response = ResponseBuilder::new().description(description).build();
        responses.entry(status.to_string()).or_insert_with(|| RefOr::T(response));
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            as_problem(response);
        }
    }
}

fn as_problem(response: &mut Response) {
    let schema = Ref::from_schema_name(Document::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    response.content.insert("application/problem+json".to_owned(), content.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_the_address_at_which_the_api_is_served() {
        let of = |uri: &str, headers: &[(&'static str, &'static str)]| {
            let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            server(&uri.parse().unwrap(), &pairs.collect())
        };
        assert_eq!(of("/v1/openapi.json", &[]), "/");
        assert_eq!(of("/seller-api/v1/openapi.json", &[]), "/seller-api");
        let host = ("host", "127.0.0.1:9000");
        assert_eq!(of("/seller-api/v1/openapi.json", &[host]), "http://127.0.0.1:9000/seller-api");
        let url = [("host", "abc.lambda-url.eu-west-1.on.aws"), ("x-forwarded-proto", "https")];
        assert_eq!(of("/v1/openapi.json", &url), "https://abc.lambda-url.eu-west-1.on.aws");
        assert_eq!(of("https://a.example.com/v1/openapi.json", &[]), "https://a.example.com");
        assert_eq!(of("/v1/openapi.json", &[host, ("x-forwarded-proto", "odd")]), "http://127.0.0.1:9000");
    }
}
