//! The API's description, `OpenAPI` 3.1: made of the handlers themselves, so that a route cannot be missing in it.

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
use crate::{SellerApi, events, instances, licenses, provisioning, purchase, tenants, usage};

type Routes = OpenApiRouter<Arc<SellerApi>>;

/// The routes that ask for a token.
pub(crate) fn routes() -> Routes {
    OpenApiRouter::default()
        .routes(routes!(instances::list))
        .routes(routes!(instances::get))
        .routes(routes!(provisioning::put_app_info))
        .routes(routes!(provisioning::put_failure))
        .routes(routes!(usage::get_usage_info, usage::put_usage_info))
        .routes(routes!(purchase::get))
        .routes(routes!(purchase::of_order))
        .routes(routes!(events::of_instance))
        .routes(routes!(events::of_order))
        .routes(routes!(events::of_license))
        .routes(routes!(events::of_tenant))
        .routes(routes!(events::resend))
        .routes(routes!(tenants::get))
        .routes(routes!(tenants::application))
        .routes(routes!(tenants::client_secret))
        .routes(routes!(tenants::users))
        .routes(routes!(tenants::user))
        .routes(routes!(tenants::departments))
        .routes(routes!(licenses::get))
        .routes(routes!(licenses::put))
        .routes(routes!(licenses::put_of_order))
        .routes(routes!(licenses::activate))
        .routes(routes!(licenses::heartbeat))
        .routes(routes!(usage::push))
}

/// The routes that ask for none.
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
How the seller's own application, and its operators, take part: say how a buyer reaches an instance, look at instances \
and their history, tell usage, activate licenses.

Every route but this description's asks for `Authorization: Bearer` with one of the tokens in the deployment's secret.

Lists come in pages. Where an answer has `next`, give it as `cursor` for the next page; without it, the list is at its \
end. A page may hold fewer members than `limit` says.

A problem is told as `application/problem+json` (RFC 9457). Its `type` is one of:
";

/// The API's description, whole.
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

/// Adds what any route may answer, and how a problem looks.
fn complete(operation: &mut Operation) {
    let mut common = vec![
        (400, "A part of the request is not of the expected form"),
        (401, "No token, or a wrong one"),
        (500, "A fault inside"),
        (503, "Not now: try again"),
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
