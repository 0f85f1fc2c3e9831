"""The login with TLS: its cookies are the host's alone, and it asks no tenant whose address is not a public one."""

import socket
import subprocess
import threading
from urllib.parse import urlencode

from browser import Browser
from world import ANN, Client, World, check, said


def make_certificates(folder):
    """An authority of this run, and a certificate of it for this machine."""
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    openssl("req", "-new", *new_key, "-keyout", "local.key", "-out", "local.csr", "-subj", "/CN=localhost")
    (folder / "local.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n")
    signed_by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
    openssl("x509", "-req", "-in", "local.csr", *signed_by, "-out", "local.pem", "-extfile", "local.ext")
    return folder / "ca.pem", folder / "local.pem"


class Listener:
    """Counts who comes: a service of this network that only the provider reaches."""

    def __init__(self):
        self.socket, self.came = socket.create_server(("0.0.0.0", 0)), 0
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            connection, _ = self.socket.accept()
            self.came += 1
            connection.close()


def run(koogallery, folder):
    client, inner = Client("shop"), Listener()
    authority, certificate = make_certificates(folder / "tls")
    asked = {"client_id": client.name, "redirect_uri": client.url(client.callback), "response_type": "code", "scope": "openid"}
    with World(koogallery, folder / "tls", [client], certificate, authority) as world:
        browser = Browser(authority=str(authority))
        answer = browser.ask(f"{world.issuer}/authorize?{urlencode(asked)}")
        check(
            "the way leads to the unified login page", answer.headers["Location"].startswith(f"{world.identity}/unified-login/#/")
        )
        said_of_cookie = {part.strip() for part in answer.headers["Set-Cookie"].split(";")[1:]}
        check("the cookie is the host's alone", answer.headers["Set-Cookie"].startswith("__Host-"), answer.headers["Set-Cookie"])
        check("and is not for scripts", {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= said_of_cookie, said_of_cookie)
        check(
            "browsers come back with TLS only", "max-age=" in answer.headers.get("Strict-Transport-Security", ""), answer.headers
        )
        said("tls: cookies and headers")
        for domain in (
            f"http://127.0.0.1:{inner.port}",
            f"https://127.0.0.1:{inner.port}",
            f"https://localhost:{inner.port}",
            f"https://[::ffff:127.0.0.1]:{inner.port}",
            f"https://2130706433:{inner.port}",
            "https://169.254.169.254",
            "https://10.0.0.1",
        ):
            world.bind(ANN, "b-1", domain)
            page = browser.go(f"{world.issuer}/authorize?{urlencode({**asked, 'tenant': ANN.tenant})}", until=domain)
            check(f"a browser is not sent to {domain}", not isinstance(page, str) and page.reason == "upstream_failed", page)
        # Where this machine's own name leads is only known when it is resolved: then the code goes nowhere.
        world.bind(ANN, "b-1", f"https://{socket.gethostname()}:{inner.port}")
        browser.ask(f"{world.issuer}/authorize?{urlencode(asked)}")
        page = browser.go(f"{world.issuer}/callback?code=x&tenant={ANN.tenant}")
        check("a name that leads into this network is a page", page.reason == "upstream_failed", page.shown())
        check("nobody asked within this network", inner.came == 0, inner.came)
        said("tls: tenants within this network")
