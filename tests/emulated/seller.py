"""The seller: the keys, the values of the secrets as docs/deploy.md has them, and the command `koogallery` of this project, which plays
KooGallery."""

import json
import os
import re
import subprocess
import tempfile

KEYS = {name: [f"emulated-{name}-key-0123456789"] for name in ("basic", "kit", "license", "order")}
WEBHOOK_SECRET = "whsec_ZW11bGF0ZWQtd2ViaG9vay1zZWNyZXQtMDEyMzQ1"
TOKEN = "emulated-token-0123456789"
OPEN_API = {"accessKeyId": "EMULATED", "secretAccessKey": "emulated-secret-access-key"}


class Seller:
    def __init__(self, binaries):
        self.binaries, self.folder = binaries, tempfile.TemporaryDirectory()
        self.rsa_public_key = self.run("keygen", "--out", self.path("rsa.pem")).stdout.split()[-1]

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def secrets(self, open_api=False):
        """What is put into each secret of the stack."""
        told = {
            "Secret": {"accessKeys": KEYS},
            "RsaKeySecret": {"rsaPrivateKey": open(self.path("rsa.pem")).read()},
            "WebhookSecret": {"webhookSecrets": [WEBHOOK_SECRET]},
            "ApiTokensSecret": {"apiTokens": [{"name": "application", "token": TOKEN}]},
        }
        return {**told, "OpenApiSecret": {"openApi": OPEN_API}} if open_api else told

    def all_secrets(self):
        """One secret with all members."""
        return {name: value for told in self.secrets().values() for name, value in told.items()}

    def run(self, *arguments, fails=False, keys=KEYS):
        """Runs `koogallery`."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder.name, "KOOGALLERY_KEYS": json.dumps(keys), "KOOGALLERY_API_TOKEN": TOKEN,
            "KOOGALLERY_ACCESS_KEY_ID": OPEN_API["accessKeyId"], "KOOGALLERY_SECRET_ACCESS_KEY": OPEN_API["secretAccessKey"],
        }
        ran = subprocess.run([os.path.join(self.binaries, "koogallery"), *arguments], env=environment, cwd=self.folder.name,
                             capture_output=True, text=True, timeout=300)
        assert fails or ran.returncode == 0, f"koogallery {' '.join(arguments)}:\n{ran.stdout}{ran.stderr}"
        return ran

    def call(self, address, activity, keys=KEYS, **members):
        """KooGallery's call, signed: the result code of the answer, and all that was printed."""
        told = [f"{name}={value}" for name, value in members.items()]
        ran = self.run("call", activity, "--to", address, *told, fails=True, keys=keys)
        found = re.search(r'"resultCode"\s*:\s*"(\d+)"', ran.stdout)
        assert found, f"{activity}: {ran.stdout}{ran.stderr}"
        return found[1], ran.stdout

    def buy(self, address, name):
        """A buyer pays for the instance `name`."""
        return self.call(address, "newInstance", orderId=f"CS-{name}", orderLineId=f"CS-{name}-000001", businessId=name)[0]

    def undelivered(self, api):
        """What the seller API lists of the events that the application does not have."""
        return [json.loads(line) for line in self.run("events", "list", "--json", "--api", api).stdout.splitlines()]
