//! The pages that a browser shows, each in Chinese and English. Whatever came from outside is escaped.

use std::fmt::Write as _;

use html_escape::{encode_double_quoted_attribute as quoted, encode_text as text};

use super::tenants::Tenant;

/// The frame of each page.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<p><small>模拟 / simulated</small></p>\n{body}\n</body>\n</html>\n",
        title = text(title)
    )
}

/// What a form sends beside what a user types.
type Hidden<'a> = &'a [(&'a str, &'a str)];

fn hidden(fields: Hidden<'_>) -> String {
    fields.iter().fold(String::new(), |mut all, (name, value)| {
        let _ = writeln!(all, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", quoted(name), quoted(value));
        all
    })
}

/// Asks for account and password. `choose` are enterprises of which one has to be chosen.
pub(super) fn login(of: &str, action: &str, fields: Hidden<'_>, problem: Option<&str>, choose: &[&Tenant]) -> String {
    let problem = problem.map(|problem| format!("<p role=\"alert\">{}</p>\n", text(problem))).unwrap_or_default();
    let mut enterprises = String::new();
    if !choose.is_empty() {
        enterprises += "<p><label>企业 / Enterprise <select name=\"tenant\">";
        for tenant in choose {
            let (id, name) = (quoted(tenant.tenant_id.as_str()), text(tenant.name.as_str()));
            let _ = write!(enterprises, "<option value=\"{id}\">{name}</option>");
        }
        enterprises += "</select></label></p>\n";
    }
    let body = format!(
        "{problem}<form method=\"post\" action=\"{}\">\n{}\
         <p><label>账号 / Account <input name=\"account\" autocomplete=\"username\" required autofocus></label></p>\n\
         <p><label>密码 / Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label></p>\n\
         {enterprises}<p><button>登录 / Log in</button></p>\n</form>",
        quoted(action),
        hidden(fields)
    );
    page(&format!("登录 / Log in: {of}"), &body)
}

/// The unified login page: its parameters stand in the fragment, which no server sees.
pub(super) fn unified(next: &str) -> String {
    let body = format!(
        "<script>\n\
         const [route, query] = location.hash.replace(/^#\\/?/, '').split('?');\n\
         if (route === 'portal-login' && query) location.replace('{next}?' + query);\n\
         </script>\n\
         <p>应用 / Which application?</p>\n<form action=\"{next}\">\n{}\
         <p><label>appId <input name=\"appId\" required></label></p>\n<p><button>继续 / Go on</button></p>\n</form>",
        hidden(&[("ind", "UNOP")])
    );
    page("统一登录 / Unified login", &body)
}

/// The applications of an enterprise. `open` is where a click goes.
pub(super) fn workbench(tenant: &Tenant, user: &str, open: &str) -> String {
    let mut items = String::new();
    for application in &tenant.applications {
        let (id, name) = (quoted(application.app_id.as_str()), text(&application.name));
        let _ = write!(items, "<li><a href=\"{open}?appId={id}\">{name}</a>");
        if application.cas_callback.is_some() {
            let _ = write!(items, " (<a href=\"{open}?appId={id}&amp;protocol=cas\">CAS</a>)");
        }
        items += "</li>\n";
    }
    let body = format!("<p>{}, {}</p>\n<ul>\n{items}</ul>", text(tenant.name.as_str()), text(user));
    page("工作台 / Workbench", &body)
}

/// Tells what is wrong with a browser's request.
pub(super) fn problem(what: &str) -> String {
    page("错误 / Error", &format!("<p role=\"alert\">{}</p>", text(what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_text_and_nothing_else() {
        let hostile = "\"><script>alert(1)</script>";
        for shown in
            [login(hostile, hostile, &[("next", hostile), (hostile, "x")], Some(hostile), &[]), problem(hostile)]
        {
            assert!(!shown.contains("<script>"), "{shown}");
            assert!(!shown.contains("value=\"\">"), "{shown}");
        }
    }
}
