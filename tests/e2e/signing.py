"""A list with double opt-in, its form, and the mails that ask."""

import re

import requests

import given

TEMPLATE = {"name": "Confirm", "subject": "Please confirm {{ list.name }}",
            "html": "<p>Hello {{ name }}</p><p><a href=\"{{ confirm_url }}\">"
                    "Confirm</a></p>"}


def double_list(api, port=25, **more):
    """Gives the list's document."""
    account = api.post("/v1/accounts", {
        "name": "Relay", "host": "127.0.0.1", "port": port, "tls": "none",
        "username": "", "auth": "auto"})["id"]
    made = api.post("/v1/lists", {"name": f"Letters {account}",
                                  "opt_in": "double", "public": True,
                                  "forms": True})
    draft = api.post("/v1/campaigns", {
        "name": "Confirm", "list_ids": [made["id"]],
        "template_id": api.post("/v1/templates", TEMPLATE)["id"],
        "account_ids": [account], "return_path": "bounces@example.com",
        "from": {"name": "News", "email": "news@example.com"}})["id"]
    return api.ok("PATCH", f"/v1/lists/{made['id']}", {
        "confirmation_campaign_id": draft} | more)


def sign_up(api, made, email, name="", status=200, **more):
    r = requests.post(f"{api.url}/f/{made['public_id']}", timeout=10,
                      data={"email": email, "name": name} | more.pop("data", {}),
                      **more)
    assert r.status_code == status, r.text
    return r


def standing(api, email, list_id):
    """Of that list, or None."""
    r = api.call("GET", f"/v1/contacts/{email}")
    rows = {m["id"]: m["status"] for m in r.json().get("lists", [])}
    return rows.get(list_id)


def waiting(api):
    return api.value("SELECT count(*) FROM confirmation"
                     " WHERE delivery_id IS NULL")


def links(api, email):
    """Of the mails that asked this person, by their tokens."""
    return [f"{api.url}/confirm/{given.token(api, row[0])}" for row in api.sql(
        "SELECT f.delivery_id FROM confirmation f JOIN contact c"
        " ON c.id = f.contact_id WHERE c.email_key = %s AND f.delivery_id"
        " IS NOT NULL ORDER BY f.id", email)]


def give(api):
    """As a sender would, without one: every confirmation that waits gets a
    delivery of today's campaign of its list."""
    for list_id, draft, campaign in api.sql(
            "SELECT DISTINCT l.id, l.confirmation_campaign_id, d.campaign_id"
            " FROM confirmation f JOIN list l ON l.id = f.list_id"
            " LEFT JOIN confirmation_day d ON d.list_id = l.id"
            " AND d.day = (now() AT TIME ZONE 'UTC')::date"
            " WHERE f.delivery_id IS NULL"):
        if campaign is None:
            campaign = api.value(query("begin", list_id, draft))
        api.sql(query("give", list_id, campaign, 1000))


def query(name, *args):
    """A statement of confirmations.sql with its numbers in place."""
    with open("db/queries/confirmations.sql", encoding="utf-8") as f:
        text = re.search(rf"-- name: confirmation_{name}\n(.*?);\n", f.read(),
                         re.S).group(1)
    for n, value in enumerate(args, 1):
        text = text.replace(f"${n}", str(value))
    return text
