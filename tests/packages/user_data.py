"""Looks at what a machine gets at its first start: `user_data.py FILE`."""

import json
import re
import sys
from pathlib import Path

from host import check

ROOT = Path(__file__).resolve().parent.parent.parent


def main(text):
    check("it is for cloud-init", text.startswith("#cloud-config\n"))
    check("it is short enough for an ECS", len(text) <= 32 * 1024, len(text))
    # JSON texts in YAML: what Terraform wrote is read as JSON.
    files = dict(re.findall(r"(?m)^  - path: (\S+)\n    content: (\".*\")$", text))
    files = {path: json.loads(content) for path, content in files.items()}
    shared = {f"/etc/nginx/koogallery/{path.name}": path.read_text() for path in (ROOT / "entrance/koogallery").iterdir()}
    shared |= {f"/etc/systemd/system/{path.name}": path.read_text() for path in (ROOT / "entrance/systemd").iterdir()}
    check("nginx gets its files", shared.items() <= files.items(), files.keys())
    nginx, unit = files["/etc/nginx/conf.d/koogallery.conf"], files["/etc/systemd/system/koogallery.service"]
    settings = re.sub(r"(?m)^#.*$", "", nginx)
    check("no word is left to replace", not re.search("DOMAIN|CERTIFICATE_FOLDER", settings), settings)
    check("the domain is in it", "server_name koogallery.example.com;" in settings)
    check("the store is shared", "--dynamodb-endpoint https://store.example.com" in unit and "--data" not in unit, unit)
    print(f"{len(text)} bytes of user data, with {len(files)} files")


if __name__ == "__main__":
    main(Path(sys.argv[1]).read_text())
