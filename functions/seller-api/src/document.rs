//! The API's description, `OpenAPI` 3.1. It is made from the handlers, so no route can be missing.

use std::sync::{Arc, LazyLock};

use axum::Json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Document, Kind};
use crate::{
    SellerApi, applications, departments, events, instances, licenses, provisioning, purchase, tenants, usage, users,
};

type Routes = OpenApiRouter<Arc<SellerApi>>;

/// The routes that need a token.
pub(crate) fn routes() -> Routes {
    OpenApiRouter::default()
        .routes(routes!(instances::list))
        .routes(routes!(instances::get))
        .routes(routes!(provisioning::put_app_info))
        .routes(routes!(provisioning::put_failure))
        .routes(routes!(usage::get_usage_info, usage::put_usage_info))
        .routes(routes!(purchase::get))
        .routes(routes!(purchase::of_order))
        .routes(routes!(events::list))
        .routes(routes!(events::of_instance))
        .routes(routes!(events::of_order))
        .routes(routes!(events::of_license))
        .routes(routes!(events::of_tenant))
        .routes(routes!(events::resend))
        .routes(routes!(tenants::get))
        .routes(routes!(applications::get))
        .routes(routes!(applications::client_secret))
        .routes(routes!(users::list))
        .routes(routes!(users::get))
        .routes(routes!(departments::list))
        .routes(routes!(licenses::get))
        .routes(routes!(licenses::put))
        .routes(routes!(licenses::put_of_order))
        .routes(routes!(licenses::activate))
        .routes(routes!(licenses::heartbeat))
        .routes(routes!(usage::push))
}

/// The routes that need no token.
pub(crate) fn open_routes() -> Routes {
    OpenApiRouter::default().routes(routes!(get))
}

/// This description.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "description", operation_id = "getDescription",
    responses((status = 200, description = "The description of the API, OpenAPI 3.1", body = serde_json::Value)))]
async fn get() -> Json<&'static OpenApi> {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);
    Json(&DOCUMENT)
}

const DESCRIPTION: &str = "\
For the seller's own application and its operators: send the buyer's way into an instance, look at instances and their \
history, report usage, activate licenses.

Every route except this description needs `Authorization: Bearer` with one of the tokens in the deployment's secret.

Lists come in pages. If an answer has `next`, send it as `cursor` to get the next page. The last page has none. A page \
may have fewer members than `limit`.

A problem is reported as `application/problem+json` (RFC 9457). Its `type` is one of:
";

/// The whole description of the API.
#[must_use]
pub fn document() -> OpenApi {
    let (_, guarded) = routes().split_for_parts();
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
    let server = ServerBuilder::new().url("/").description(Some("The function URL")).build();
    let mut document = OpenApiBuilder::new().info(info).servers(Some([server])).build();

    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let mut components = Components::new();
    components.schemas.insert(Document::name().into_owned(), Document::schema());
    components.add_security_scheme("token", SecurityScheme::Http(scheme));
    document.components = Some(components);
    document.merge(guarded);
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.put, &mut item.post].into_iter().flatten() {
            operation.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
            complete(operation);
        }
    }
    document.merge(open);
    document
}

/// Adds the answers that every route can give, and the form of a problem.
fn complete(operation: &mut Operation) {
    let mut common = vec![
        (400, "A part of the request does not have the expected form"),
        (401, "The token is missing or wrong"),
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
