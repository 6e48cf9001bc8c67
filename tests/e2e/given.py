"""What a test needs to be there: made through the API, or put into the
tables as a sender would."""

import base64
import hashlib
import hmac
import itertools
import struct
import time

COUNT = itertools.count(1)
FROM = {"name": "Volley News", "email": "news@example.com"}
STATES = ("accepted", "deferred", "failed", "uncertain", "suppressed",
          "expired")


def mailing_list(api, **more):
    return api.post("/v1/lists", {"name": f"List {next(COUNT)}"} | more)["id"]


def template(api):
    return api.post("/v1/templates", {
        "name": "T", "subject": "Hello {{ name }}", "text": "News"})["id"]


def account(api):
    return api.post("/v1/accounts", {
        "name": "Relay", "host": "smtp.example.com", "username": "u",
        "password": "p"})["id"]


def campaign(api, **more):
    """A draft that could start."""
    return api.post("/v1/campaigns", {
        "name": f"Campaign {next(COUNT)}", "from": FROM,
        "list_ids": [mailing_list(api)], "template_id": template(api),
        "account_ids": [account(api)]} | more)


def contact(api, email, *lists):
    return api.call("PUT", f"/v1/contacts/{email}",
                    {"lists": list(lists)}).json()["id"]


def set_status(api, campaign_id, status):
    api.sql("UPDATE campaign SET status = %s WHERE id = %s", status,
            campaign_id)


def delivery_id(campaign_id, n):
    return (campaign_id << 32) + n


def frozen(api, contacts, status="running", **more):
    """A campaign whose audience are these contacts; gives its id."""
    made = campaign(api, **more)
    c = made["id"]
    api.sql("SELECT outcome_partition(%s)", c)
    for n, contact_id in enumerate(contacts, 1):
        api.sql("INSERT INTO delivery VALUES (%s, %s, %s, %s)",
                delivery_id(c, n), c, contact_id, made["list_ids"][0])
    api.sql("UPDATE campaign SET status = %s, audience = %s,"
            " started_at = now(), expires_at = now() + interval '3 days'"
            " WHERE id = %s", status, len(contacts), c)
    return c


def outcome(api, campaign_id, n, state, attempt=1, **more):
    row = {"delivery_id": delivery_id(campaign_id, n), "attempt": attempt,
           "state": state, "at": "2026-11-01T10:00:00Z"} | more
    api.sql(f"INSERT INTO outcome ({', '.join(row)}) VALUES"
            f" ({', '.join(['%s'] * len(row))})", *row.values())


def event(api, campaign_id, n, kind, **more):
    row = {"kind": kind, "key": f"{delivery_id(campaign_id, n)}",
           "campaign_id": campaign_id,
           "delivery_id": delivery_id(campaign_id, n)} | more
    api.sql(f"INSERT INTO event ({', '.join(row)}) VALUES"
            f" ({', '.join(['%s'] * len(row))}) ON CONFLICT DO NOTHING",
            *row.values())


def master_key(api):
    """(id, key) as the key file has it."""
    with open(f"{api.home}/master.key", encoding="ascii") as f:
        number, key = f.readline().split()
    return int(number), bytes.fromhex(key)


def click_id(api, delivery):
    """What links of a campaign with click_ids bring to a shop."""
    return token(api, delivery, purpose=b"click")


def token(api, delivery, day=None, purpose=b""):
    """base32(key id, delivery, day, HMAC), as the README of tokens says."""
    number, master = master_key(api)
    key = hmac.digest(master, b"volley token", hashlib.sha256)
    day = int(time.time() // 86400) if day is None else day
    signed = struct.pack(">BqH", number, delivery, day)
    mac = hmac.digest(key, purpose + signed, hashlib.sha256)[:10]
    return base64.b32encode(signed + mac).decode().rstrip("=").lower()
