"""Stands in for function URLs and HTTP APIs: an HTTP request becomes an event of payload version 2.0, and the function's answer an
HTTP response whose headers are spelled as the function spells them.

What it does not do: TLS, limits of size or rate, CORS, domains.
"""

import base64
import json
import time
import uuid

from lambda_service import Failed, Throttled
from web import serve


def event(request, path):
    headers = {}
    for name, value in request.headers:
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    told = {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": request.query, "headers": headers,
        "requestContext": {
            "accountId": "anonymous", "apiId": "emulated", "domainName": "emulated.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "emulated", "requestId": str(uuid.uuid4()), "routeKey": "$default", "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()), "timeEpoch": int(time.time() * 1000),
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                     "userAgent": headers.get("user-agent", "")},
        },
        "isBase64Encoded": False,
    }
    if request.body:
        try:
            told["body"] = request.body.decode()
        except UnicodeDecodeError:
            told["body"], told["isBase64Encoded"] = base64.b64encode(request.body).decode(), True
    return json.dumps(told).encode()


def routes(template):
    """What an HTTP API routes: the beginning of a path, and the logical id of its function; the longest beginning first."""
    resources, found = template["Resources"], []
    for told in resources.values():
        if told["Type"] == "AWS::ApiGatewayV2::Route":
            key, integration = told["Properties"]["RouteKey"], told["Properties"]["Target"]["Fn::Sub"]
            integration = resources[integration.removeprefix("integrations/${").removesuffix("}")]["Properties"]
            beginning = "/" if key == "$default" else key.removeprefix("ANY ").removesuffix("{proxy+}")
            assert beginning.startswith("/") and "{" not in beginning, f"the route {key} is not known here"
            found.append((beginning, integration["IntegrationUri"]["Fn::GetAtt"][0]))
    return sorted(found, key=lambda route: -len(route[0]))


def entrance(function_for):
    """Serves the function that `function_for(path)` gives."""

    def answer(request):
        try:
            answered = json.loads(function_for(request.path).invoke(event(request, request.path)))
        except Throttled:
            return 429, [], b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}'
        except Failed:
            return 502, [], b"Internal Server Error"
        body = answered.get("body") or ""
        body = base64.b64decode(body) if answered.get("isBase64Encoded") else body.encode()
        headers = [pair for pair in answered.get("headers", {}).items() if pair[0].lower() != "content-length"]
        return answered["statusCode"], headers, body

    return serve(answer)
