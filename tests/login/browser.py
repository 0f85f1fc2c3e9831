"""A browser without JavaScript: cookies, redirects followed one by one, forms. It ends the run where it is sent in a circle.

As browsers do, it takes this machine's plain http for a secure place (cookies with `Secure`), and shares cookies between ports.
"""

import time
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import parse_qs, urldefrag, urlencode, urljoin, urlsplit

import requests

MOST_REDIRECTS = 20
VOID = ("input", "meta", "link", "br", "hr", "img")
ENGLISH, CHINESE = "en-GB,en;q=0.9,zh;q=0.3", "zh-CN,zh;q=0.9,en;q=0.3"


class Failed(Exception):
    """What has to hold, and does not."""


class Page(HTMLParser):
    """What came at the end of the redirects: its forms, its links, and the text of what has an id."""

    def __init__(self, answer, fragment):
        super().__init__()
        self.url, self.status, self.headers, self.text, self.fragment = (
            answer.url,
            answer.status_code,
            answer.headers,
            answer.text,
            fragment,
        )
        self.forms, self.links, self.texts, self.languages, self.main = [], {}, {}, [], {}
        self.hrefs, self.open_ids, self.link = [], [], None
        if "html" in answer.headers.get("Content-Type", ""):
            self.feed(answer.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "lang" in found:
            self.languages.append(found["lang"])
        if tag == "main":
            self.main = found
        elif tag == "form":
            action = urljoin(self.url, found.get("action") or urlsplit(self.url)._replace(fragment="").geturl())
            self.forms.append(
                {
                    "id": found.get("id"),
                    "action": action,
                    "method": found.get("method", "get").lower(),
                    "fields": [],
                    "buttons": [],
                }
            )
        elif tag in ("input", "select") and self.forms:
            self.forms[-1]["fields"].append(found)
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"].append(found)
        elif tag == "a" and "href" in found:
            self.hrefs.append(urljoin(self.url, found["href"]))
            if "id" in found:
                self.links[found["id"]] = self.hrefs[-1]
        if "id" in found and tag not in VOID:
            self.open_ids.append((tag, found["id"]))

    def handle_endtag(self, tag):
        if self.open_ids and self.open_ids[-1][0] == tag:
            self.open_ids.pop()

    def handle_data(self, data):
        for _, one in self.open_ids:
            self.texts[one] = self.texts.get(one, "") + data

    @property
    def reason(self):
        """Why the page refuses, where it is a refusal of the provider."""
        return self.main.get("data-reason")

    @property
    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query, keep_blank_values=True).items()}

    @property
    def login_form(self):
        return next((form for form in self.forms if any(field.get("type") == "password" for field in form["fields"])), None)

    def shown(self):
        return f"{self.status} {self.url}\n{self.text[:1500]}"


class Cookies:
    """What the hosts have set. The libraries of Python refuse `Secure` without TLS, and know no `__Host-`."""

    def __init__(self):
        self.kept = {}

    def take(self, host, line):
        pair, *attributes = [part.strip() for part in line.split(";")]
        name, value = pair.split("=", 1)
        said = {key.lower(): text for key, _, text in (attribute.partition("=") for attribute in attributes)}
        if name.startswith("__Host-") and ("secure" not in said or said.get("path") != "/" or "domain" in said):
            raise Failed(f"browsers refuse this cookie: {line}")
        is_over = said.get("max-age", "1").startswith(("0", "-")) or (
            "max-age" not in said and "expires" in said and parsedate_to_datetime(said["expires"]).timestamp() < time.time()
        )
        path = said.get("path") or "/"
        self.kept.pop((host, path, name), None)
        if not is_over:
            self.kept[host, path, name] = value

    def of(self, url):
        at = urlsplit(url)
        asked = at.path or "/"

        def is_below(path):
            return asked == path or asked.startswith(path.rstrip("/") + "/")

        return {name: value for (host, path, name), value in self.kept.items() if host == at.hostname and is_below(path)}


class Browser:
    def __init__(self, language=CHINESE, authority=True):
        """`authority` is the file of the one that is trusted, instead of the usual ones."""
        self.cookies, self.authority = Cookies(), authority
        self.headers = {"Accept-Language": language, "Accept": "text/html,*/*;q=0.8", "User-Agent": "login test"}
        # Every address that was asked for, in order.
        self.trail = []

    def ask(self, url, method="get", data=None):
        """One request. Redirects are not followed."""
        self.trail.append(url)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.of(url).items())
        headers = {**self.headers, **({"Cookie": cookies} if cookies else {})}
        answer = requests.request(
            method, url, data=data, headers=headers, allow_redirects=False, timeout=30, verify=self.authority
        )
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.cookies.take(urlsplit(url).hostname, line)
        return answer

    def go(self, url, method="get", data=None, until=None):
        """Asks for a page as a person does. With `until`, stops before an address that begins so, and returns that address."""
        seen = []
        while True:
            if until and url.startswith(until) and seen:
                return url
            url, fragment = urldefrag(url)
            seen.append(url)
            if len(seen) > MOST_REDIRECTS or seen.count(url) > 2:
                raise Failed("the browser is sent in a circle:\n" + "\n".join(seen))
            answer = self.ask(url, method, data)
            if not answer.is_redirect:
                return Page(answer, fragment)
            url = urljoin(url, answer.headers["Location"])
            # What browsers do with a POST, unless it is 307 or 308.
            if answer.status_code not in (307, 308):
                method, data = "get", None

    def submit(self, form, typed, button=None, until=None):
        """Sends a form with what it brings, and what is typed into it."""
        values = {field["name"]: field.get("value", "") for field in form["fields"] if "name" in field}
        values.update(typed)
        if button and "name" in button:
            values[button["name"]] = button.get("value", "")
        if form["method"] == "post":
            return self.go(form["action"], "post", values, until=until)
        parts = urlsplit(form["action"])
        return self.go(parts._replace(query=urlencode(values)).geturl(), until=until)
