//! Each route is asked by nobody, and by somebody of each role: the matrix is made of the routes themselves.

use console::{ROUTES, Role, Route};
use http::StatusCode;
use koogallery_tests::bodies;

use super::provider::Provider;
use super::world::{at, signed_in, with_provider};

/// The path of a route, with something in the place of each parameter.
fn path(route: &Route) -> String {
    let id = if route.path.starts_with("/events") || route.path.starts_with("/jobs") {
        "019adb6c-2f00-7c11-8d5e-0123456789ab"
    } else {
        "b-1"
    };
    route.path.replace("{id}", id).replace("{code}", "ABCDE-FGHIJ-KLMNO")
}

/// Whoever was there signs in once more.
const ENDS_SESSION: [&str; 2] = ["/sessions/end", "/sign-out"];

#[tokio::test]
async fn nobody_does_what_the_role_may_not() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    seller.say_all(&[bodies::purchase()]).await;
    let origin = seller.host.address().trim_end_matches('/').to_owned();
    let mut asked = 0;
    for (role, address) in [
        (Role::Viewer, "vera@example.com"),
        (Role::Operator, "otto@example.com"),
        (Role::Administrator, "ada@example.com"),
    ] {
        let mut browser = signed_in(&seller, &provider, address).await;
        for route in ROUTES {
            let asked_at = at(&seller, &path(route));
            let page = match route.method {
                "GET" => browser.open(&asked_at).await,
                _ => browser.post(&asked_at, &origin, &[("reason", "a test")]).await,
            };
            if ENDS_SESSION.contains(&route.path) {
                browser = signed_in(&seller, &provider, address).await;
            }
            let may = role >= route.role;
            assert_eq!(page.status != StatusCode::FORBIDDEN, may, "{role:?} {route:?}: {}", page.status);
            assert!(page.status.as_u16() < 500, "{role:?} {route:?}: {}", page.body);
            asked += 1;
        }
    }
    assert_eq!(asked, 3 * ROUTES.len());
}

#[tokio::test]
async fn nobody_who_is_not_signed_in_sees_or_does_anything() {
    let provider = Provider::start().await;
    let seller = with_provider(&provider).await;
    let origin = seller.host.address().trim_end_matches('/').to_owned();
    let browser = koogallery_tests::browser::Browser::default();
    for route in ROUTES {
        let address = at(&seller, &path(route));
        if route.method == "GET" {
            let page = browser.open(&address).await;
            let to = page.leads_to().unwrap_or_else(|| panic!("{route:?}: {}", page.status));
            assert_eq!(to.path(), "/console/sign-in", "{route:?}");
        } else {
            let page = browser.post(&address, &origin, &[("reason", "a test")]).await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{route:?}");
        }
    }
    assert!(seller.host.store().actions(koogallery_store::Place::default(), 10).await.unwrap().members.is_empty());
}
