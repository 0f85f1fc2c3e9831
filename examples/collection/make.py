"""Makes the collection of the seller API from its description.

python3 make.py DESCRIPTION >seller-api.postman_collection.json

DESCRIPTION is a file, or an address such as http://127.0.0.1:9000/seller-api/v1/openapi.json. The format is Postman's 2.1, which
Bruno, Insomnia, Apifox and Hoppscotch import as well. Each parameter of a path is a variable of the collection: set it once.
"""

import json
import sys
import urllib.request
from pathlib import Path

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# What `koogallery serve` has on a developer's machine. Both are public; the ids are those of the guides to it.
VARIABLES = {
    "baseUrl": "http://127.0.0.1:9000/seller-api",
    "token": "koogallery-local-test-token",
    "instanceId": "b-1",
    "orderId": "CS1",
    "orderLineId": "CS1-000001",
    "tenantId": "t-1",
    "appId": "a-1",
    "userName": "ann",
    "license": "C-1",
    "eventId": "e-1",
    "warningId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "version": "1",
    "demandId": "019adb6c-2f00-7c11-8d5e-0123456789ab",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "titles": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "findingId": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "anything": "b-1",
}
# The description calls these by shorter names in paths.
NAMES = {"id": "instanceId", "code": "license"}


def read(where):
    if where.startswith(("http://", "https://")):
        with urllib.request.urlopen(where, timeout=30) as answer:
            return json.load(answer)
    return json.loads(Path(where).read_text())


def resolved(description, schema):
    """The schema that a reference means. Of null or a schema, the schema."""
    for one in schema.get("oneOf", ()):
        if one.get("type") != "null":
            schema = one
            break
    reference = schema.get("$ref")
    return description["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def value_of(description, parameter):
    name, schema = NAMES.get(parameter["name"], parameter["name"]), resolved(description, parameter["schema"])
    if name in VARIABLES:
        return "{{" + name + "}}"
    return str(parameter.get("example", schema.get("default", schema.get("enum", [""])[0])))


def parameters(description, operation, place):
    for one in operation.get("parameters", ()):
        if one["in"] == place:
            named = {"key": one["name"], "value": value_of(description, one), "description": one.get("description", "")}
            yield {**named, "disabled": True} if place == "query" and not one.get("required") else named


def about(operation):
    scopes = [scope for need in operation.get("security", ()) for scope in need.get("token", ())]
    scope = f"Needs the scope `{'`, `'.join(scopes)}`." if scopes else ""
    return "\n\n".join(part for part in (operation.get("summary"), operation.get("description"), scope) if part)


def request(description, path, method, operation):
    url = {"raw": "{{baseUrl}}" + path, "host": ["{{baseUrl}}"]}
    url["path"] = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    url["raw"] = "/".join(("{{baseUrl}}", *url["path"]))
    if variable := list(parameters(description, operation, "path")):
        url["variable"] = variable
    if query := list(parameters(description, operation, "query")):
        url["query"] = query
        if sent := [f"{one['key']}={one['value']}" for one in query if not one.get("disabled")]:
            url["raw"] += "?" + "&".join(sent)
    made = {"method": method.upper(), "header": [], "url": url, "description": about(operation)}
    if "security" not in operation:
        made["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        example = resolved(description, content["application/json"]["schema"])["examples"][0]
        made["header"] = [{"key": "Content-Type", "value": "application/json"}]
        text = json.dumps(example, ensure_ascii=False, indent=2)
        made["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    return {"name": operation["operationId"], "request": made, "response": []}


def collection(description):
    folders = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            folders.setdefault(operation["tags"][0], []).append(request(description, path, method, operation))
    return {
        "info": {"name": description["info"]["title"], "description": description["info"]["description"], "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": key, "value": value} for key, value in VARIABLES.items()],
        "item": [{"name": name, "item": folders[name]} for name in sorted(folders)],
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.stdout.write(json.dumps(collection(read(sys.argv[1])), ensure_ascii=False, indent=1) + "\n")
