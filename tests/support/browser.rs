//! A browser without a window: it keeps cookies by their rules, follows a redirect when it is told to, and sends forms.

use std::sync::Mutex;

use cookie_store::{CookieStore, RawCookie};
use html_escape::decode_html_entities;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Url, redirect};

/// A browser follows no more redirects than this, one after the other.
const MOST_REDIRECTS: usize = 20;

/// One browser, of one user.
pub struct Browser {
    http: reqwest::Client,
    cookies: Mutex<CookieStore>,
}

/// What came for one request.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it came from.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// A form on a page, as it would be sent without a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// Whether it is sent as a body.
    pub is_post: bool,
    /// Its fields in their order, with the values that they have.
    pub fields: Vec<(String, String)>,
}

impl Default for Browser {
    fn default() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().tls_certs_only([]);
        Self { http: http.build().unwrap(), cookies: Mutex::new(CookieStore::new()) }
    }
}

impl Browser {
    /// Opens an address, and no other one that it may lead to.
    pub async fn open(&self, address: &str) -> Page {
        let url: Url = address.parse().unwrap();
        self.send(self.http.get(url.clone()), url).await
    }

    /// Opens an address, and follows redirects up to a page.
    pub async fn go(&self, address: &str) -> Page {
        let page = self.open(address).await;
        self.follow(page).await
    }

    /// Follows redirects up to a page.
    pub async fn follow(&self, page: Page) -> Page {
        self.follow_until(page, |_| false).await
    }

    /// Follows redirects up to a page, or to one that leads to an address that is looked for. That one is not opened.
    pub async fn follow_until(&self, mut page: Page, is_end: impl Fn(&Url) -> bool) -> Page {
        for _ in 0..MOST_REDIRECTS {
            match page.leads_to() {
                Some(to) if !is_end(&to) => page = self.open(to.as_str()).await,
                _ => return page,
            }
        }
        panic!("{} leads on and on", page.url);
    }

    /// Fills the page's form in, and sends it. What it may lead to is not opened.
    pub async fn submit(&self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let mut form = page.form();
        for (name, value) in typed {
            let field = form.fields.iter_mut().find(|(known, _)| known == name);
            let field = field.unwrap_or_else(|| panic!("no field {name} in {}", page.body));
            (*value).clone_into(&mut field.1);
        }
        self.send_form(page, form).await
    }

    /// Fills in the form that goes to this path, ticks the boxes that are named, and sends it.
    pub async fn submit_to(&self, page: &Page, path: &str, typed: &[(&str, &str)]) -> Page {
        let forms = page.forms();
        let form = forms.into_iter().find(|form| form.action.path() == path);
        let mut form = form.unwrap_or_else(|| panic!("no form to {path} in {}", page.body));
        for (name, value) in typed {
            match form.fields.iter_mut().find(|(known, _)| known == name) {
                Some(field) => (*value).clone_into(&mut field.1),
                None => form.fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        self.send_form(page, form).await
    }

    /// Posts fields to an address, as a page of this origin would.
    pub async fn post(&self, address: &str, origin: &str, fields: &[(&str, &str)]) -> Page {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let form = Form { action: address.parse().unwrap(), is_post: true, fields };
        self.post_form(form, (origin, origin)).await
    }

    async fn send_form(&self, page: &Page, mut form: Form) -> Page {
        if form.is_post {
            let origin = page.url.origin().ascii_serialization();
            // A page that tells nobody where it is does not name its origin either.
            let is_silent = page.headers.get(REFERRER_POLICY).is_some_and(|policy| policy == "no-referrer");
            let told = if is_silent { "null" } else { &origin };
            return self.post_form(form, (&origin, told)).await;
        }
        form.action.query_pairs_mut().clear().extend_pairs(&form.fields);
        self.open(form.action.as_str()).await
    }

    /// Posts a form, and says where it came from, as browsers do: of the origin, what is told.
    async fn post_form(&self, form: Form, (origin, told): (&str, &str)) -> Page {
        let mut body = Url::parse("http://form/").unwrap();
        body.query_pairs_mut().extend_pairs(&form.fields);
        let own = form.action.origin().ascii_serialization() == origin;
        let request = self.http.post(form.action.clone()).header(ORIGIN, told);
        let request = request.header("sec-fetch-site", if own { "same-origin" } else { "cross-site" });
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(body.query().unwrap_or_default().to_owned()), form.action).await
    }

    /// Fills in the form that goes to this path, chooses a file in it, and sends it.
    pub async fn upload(&self, page: &Page, path: &str, typed: &[(&str, &str)], (name, file): (&str, &[u8])) -> Page {
        const BOUNDARY: &str = "a-boundary-that-no-file-has";
        let forms = page.forms();
        let form = forms.into_iter().find(|form| form.action.path() == path);
        let mut form = form.unwrap_or_else(|| panic!("no form to {path} in {}", page.body));
        form.fields.retain(|(known, _)| known != "file" && !typed.iter().any(|(name, _)| name == known));
        let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut body = Vec::new();
        for (field, value) in form.fields.into_iter().chain(typed) {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request = self.http.post(form.action.clone()).header(ORIGIN, page.url.origin().ascii_serialization());
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send(request.body(body), form.action).await
    }

    /// Opens the unified login page and does what its script does: the parameters stand behind the `#`, which is never sent.
    pub async fn unified_login(&self, address: &str) -> Page {
        let page = self.open(address).await;
        assert!(page.body.contains("location.hash"), "{}", page.body);
        let query = page.url.fragment().unwrap().strip_prefix("/portal-login?").unwrap();
        let next = page.url.join(&format!("/unified-login/login?{query}")).unwrap();
        self.go(next.as_str()).await
    }

    /// The value of a cookie that an address would get.
    #[must_use]
    pub fn cookie(&self, address: &str, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let cookies = cookies.matches(&address.parse().unwrap());
        cookies.into_iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    }

    async fn send(&self, request: RequestBuilder, url: Url) -> Page {
        let cookies_sent = {
            let cookies = self.cookies.lock().unwrap();
            let mut cookies = cookies.matches(&url);
            // As RFC 6265 wants it: the most special path first.
            cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path().map_or(0, str::len)));
            cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect::<Vec<_>>().join("; ")
        };
        let request = if cookies_sent.is_empty() { request } else { request.header(COOKIE, cookies_sent) };
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let cookies = cookies.filter_map(|cookie| RawCookie::parse(cookie.to_owned()).ok());
        self.cookies.lock().unwrap().store_response_cookies(cookies, &url);
        let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        Page { url, status, headers, body }
    }
}

impl Page {
    /// Where a redirect leads.
    #[must_use]
    pub fn leads_to(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        Some(self.url.join(location.to_str().unwrap()).unwrap())
    }

    /// A parameter of the address that it leads to.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<String> {
        let to = self.leads_to()?;
        to.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
    }

    /// Where a link with this text goes.
    #[must_use]
    pub fn link(&self, text: &str) -> Url {
        let links = self.body.split("<a ").skip(1);
        let link = links.into_iter().find(|link| link.split_once('>').is_some_and(|(_, rest)| rest.starts_with(text)));
        let link = link.unwrap_or_else(|| panic!("no link {text} in {}", self.body));
        self.url.join(&attribute(link, "href").unwrap()).unwrap()
    }

    /// Its first form.
    #[must_use]
    pub fn form(&self) -> Form {
        let forms = self.forms();
        forms.into_iter().next().unwrap_or_else(|| panic!("no form in {}", self.body))
    }

    /// All its forms. Boxes that are not ticked are sent by nobody.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        let forms = self.body.split("<form").skip(1);
        forms.map(|form| self.read_form(form.split_once("</form>").unwrap().0)).collect()
    }

    fn read_form(&self, form: &str) -> Form {
        let action = attribute(form, "action").unwrap_or_default();
        let is_post = attribute(form, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let mut fields = Vec::new();
        let mut has_choice = true;
        for tag in form.split('<').skip(1) {
            let Some(name) = (tag.starts_with("input") || tag.starts_with("select")).then(|| attribute(tag, "name"))
            else {
                if tag.starts_with("option") {
                    // Without a choice, the first one is sent.
                    let select: &mut (String, String) = fields.last_mut().unwrap();
                    let is_chosen = tag.split('>').next().unwrap_or_default().contains(" selected");
                    if !has_choice || is_chosen {
                        has_choice = true;
                        let text = || tag.split_once('>').map(|(_, text)| text.to_owned());
                        select.1 = attribute(tag, "value").or_else(text).unwrap();
                    }
                }
                continue;
            };
            has_choice = !tag.starts_with("select");
            let is_box = attribute(tag, "type").is_some_and(|kind| kind == "checkbox");
            if let Some(name) = name.filter(|_| !is_box) {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        Form { action: self.url.join(&action).unwrap(), is_post, fields }
    }
}

/// An attribute of the tag that a text begins with.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
    let (_, value) = tag.split_once(&format!(" {name}=\"")).or_else(|| tag.split_once(&format!("{name}=\"")))?;
    Some(decode_html_entities(value.split_once('"')?.0).into_owned())
}
