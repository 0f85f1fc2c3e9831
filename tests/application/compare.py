"""Compares what is in an application's database with the lists of the seller API."""

import urllib.error
from urllib.parse import quote, urlencode

from shop import until


def state(row):
    """An instance of either side in the same form."""
    if row["status"] == "released":
        # A released one learns nothing more, though the event of its purchase, still on its way, does.
        return {"status": "released", "orderId": row["orderId"]}
    holds = row.get("holds") or {}
    quantity = row.get("quantity", holds.get("linearValue"))
    return {
        "status": row["status"],
        "orderId": row.get("orderId"),
        "productId": row.get("productId"),
        "skuCode": row.get("skuCode", holds.get("skuCode")),
        "quantity": None if quantity is None else float(quantity),
        "expireTime": row.get("expireTime"),
        "cause": row.get("cause", row.get("freezeCause")),
    }


def of_seller_api(shop, played):
    """What the application should have; its events only where it is said what was played, since that asks for much."""
    instances = {row["instanceId"]: state(row) for row in shop.all_of("instances", "instances")}
    # The list tells less of a code than of an instance.
    codes = {
        row["license"]: [row["status"], row.get("expireTime"), row.get("freezeCause")]
        for row in shop.all_of("licenses", "licenses")
    }
    orders = {row["orderId"] for row in shop.all_of("orders", "orders")}
    orders |= {one for one in played or () if one.startswith("CS")}
    tenants = {row["tenantId"] for row in shop.all_of("tenants", "tenants")}
    tenants |= {one for one in played or ("t-1",) if one.startswith("t-")}
    kinds = {"tenants": tenants}
    if played:
        kinds.update(instances=instances, licenses=codes, orders=orders)
    subjects = [f"{kind}/{quote(one, safe='')}" for kind, ids in kinds.items() for one in ids]
    events = {event["eventId"]: event for path in subjects for event in shop.all_of(f"{path}/events", "events")}
    # Whose directories the events were about. What belongs to a released instance goes with it.
    about = [(event["type"].split(".")[0], event["data"]) for event in events.values()]
    lives = [
        (subject, data) for subject, data in about if instances.get(data.get("instanceId"), {}).get("status") != "released"
    ]
    return {
        **({"events": {event_id: event["type"] for event_id, event in events.items()}} if played else {}),
        "instances": instances,
        "license codes": codes,
        "users": sorted(users(shop, lives)),
        "requests for licenses that wait": list(shop.all_of("license-requests", "licenseRequests")),
        "customers of what is not released": sorted(i for i, row in instances.items() if row["status"] != "released"),
        **({what: sorted(of(shop, lives)) for what, of in KIT.items()} if shop.kind.knows_all else {}),
        **({"paid orders": paid_orders(about)} if shop.kind.knows_all and played else {}),
    }


def named(lives, subject, *members):
    """The different values of these members in the events of a subject; empty where an event does not name one."""
    return {tuple(data.get(member, "") for member in members) for one, data in lives if one == subject}


def path_of(tenant, *segments, **query):
    return "/".join(("tenants", quote(tenant, safe=""), *segments)) + "?" + urlencode(query)


def users(shop, lives):
    for tenant, instance, application in named(lives, "users", "tenantId", "instanceId", "appId"):
        if instance:
            for user in shop.all_of(path_of(tenant, "users")[:-1], "users", instanceId=instance, appId=application):
                if user["enabled"] and not user["revoked"]:
                    yield [instance, application, user["userName"], user["name"], user["role"]]


def tenants(shop, lives):
    for tenant, instance in named(lives, "tenant", "tenantId", "instanceId"):
        for one in known(shop, path_of(tenant)).get("bindings", []):
            if one.get("instanceId", "") == instance:
                yield [tenant, instance, one["tenantCode"], one["name"], one["domainName"]]


def applications(shop, lives):
    for tenant, instance, application in named(lives, "application", "tenantId", "instanceId", "appId"):
        one = known(
            shop, path_of(tenant, "applications", quote(application, safe=""), **({"instanceId": instance} if instance else {}))
        )
        if one and one.get("instanceId", "") == instance:
            yield [tenant, instance, application, one.get("name", ""), one["clientId"]]


def departments(shop, lives):
    for tenant, instance in named(lives, "departments", "tenantId", "instanceId"):
        query = {"instanceId": instance} if instance else {}
        for one in shop.all_of(path_of(tenant, "departments")[:-1], "departments", **query):
            yield [tenant, instance, one["orgCode"], one["orgName"], one.get("parentCode") or ""]


def known(shop, path):
    """An answer of the seller API; nothing where it knows no such thing."""
    try:
        return shop.api(path)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return {}


def paid_orders(about):
    return sorted({data.get("orderLineId", data["orderId"]) for subject, data in about if subject == "order"})


KIT = {"tenants": tenants, "applications": applications, "departments": departments}
# The same in the application's database.
KIT_COLUMNS = {
    "tenants": "tenantId, instanceId, tenantCode, name, domainName",
    "applications": "tenantId, instanceId, appId, coalesce(name, ''), clientId",
    "departments": "tenantId, instanceId, orgCode, orgName, coalesce(parentCode, '')",
}


def of_application(shop, played):
    """What it has, in the same form."""
    customers = "SELECT instances.id FROM instances JOIN customers ON customers.id = customerId WHERE name <> ''"
    codes = shop.rows("SELECT * FROM licenseCodes")
    kit = KIT_COLUMNS if shop.kind.knows_all else {}
    paid = shop.kind.knows_all and played
    return {
        "events": {row["id"]: row["type"] for row in shop.rows("SELECT * FROM events")},
        "instances": {row["id"]: state(row) for row in shop.rows("SELECT * FROM instances")},
        "license codes": {row["id"]: [row["status"], row["expireTime"], row["cause"]] for row in codes},
        "users": values(shop, "SELECT instanceId, appId, userName, name, role FROM users"),
        "requests for licenses that wait": [],
        "customers of what is not released": sorted(row["id"] for row in shop.rows(customers)),
        **{table: values(shop, f"SELECT {columns} FROM {table}") for table, columns in kit.items()},
        **({"paid orders": sorted(row["id"] for row in shop.rows("SELECT id FROM paidOrders"))} if paid else {}),
    }


def values(shop, sql):
    return sorted(list(row.values()) for row in shop.rows(sql))


def only_in(one, other):
    """What one side has, and the other one has not or has in another way."""
    if isinstance(one, dict):
        return {key: value for key, value in one.items() if key not in other or other[key] != value}
    return [value for value in one if value not in other]


def compare(shop, played=None):
    """Ends with what differs, if it still does after a while: an event may be on its way. Returns what is the same."""
    different, same = [], {}

    def is_same():
        there, here = of_seller_api(shop, played), of_application(shop, played)
        different[:] = [
            f"DIFFERENT: {what}\n  seller API   {only_in(there[what], here[what])}\n"
            f"  application  {only_in(here[what], there[what])}"
            for what in there
            if there[what] != here[what]
        ]
        same.update(here)
        return not different

    try:
        until("the same on both sides", is_same)
    except SystemExit:
        print("\n".join(different), flush=True)
        raise
    return same
