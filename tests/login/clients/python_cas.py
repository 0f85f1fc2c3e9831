"""Asks a CAS 3.0 service about a ticket with python-cas, and prints what it says: `python_cas.py SERVER SERVICE TICKET`."""

import json
import sys

import cas

server, service, ticket = sys.argv[1:]
client = cas.CASClient(version=3, service_url=service, server_url=server)
user, attributes, _ = client.verify_ticket(ticket)
print(
    json.dumps(
        {"login": client.get_login_url(), "logout": client.get_logout_url(service), "user": user, "attributes": attributes}
    )
)
