"""Erasing a person and telling them everything (P-007, P-008): what the
database shows of them before and after."""

import base64
import hashlib
import hmac
import quopri
import urllib.parse

import pytest
import requests

import given
import signing
from test_consents import load
from whole import wait_for

NAME = "Erasmus Unforgettable"


def path(email, rest=""):
    return f"/v1/contacts/{urllib.parse.quote(email)}{rest}"


def signs_of(*words):
    """What a dump must not hold: plain, in lower case, as in URLs, in quoted
    printable, and in base64 at each of its three places."""
    for word in words:
        for text in {word, word.lower()}:
            data = text.encode()
            yield text
            yield urllib.parse.quote(text)
            yield urllib.parse.quote_plus(text)
            yield quopri.encodestring(data, quotetabs=True).decode().strip()
            yield data.hex()
            for shift in range(3):
                whole = base64.b64encode(b"x" * shift + data).decode()
                yield whole.rstrip("=")[2 if shift else 0:-2][2:]


def found_in(dump, *words):
    lower = dump.lower()
    return [sign for sign in signs_of(*words)
            if sign in dump or sign.lower() in lower]


class Person:
    """Somebody whom every table knows."""

    def __init__(self, api, email):
        self.api, self.email = api, email
        self.list = given.mailing_list(api, public=True)
        load(api, self.list, f"email,name\n{email},{NAME}\n", basis="fair")
        self.key = email.lower()
        self.contact = api.ok("PUT", path(email), {
            "name": NAME, "attributes": {"note": NAME}, "lists": [self.list]},
            headers={"Idempotency-Key": email})["id"]
        self.campaign = given.frozen(api, [self.contact],
                                     list_ids=[self.list])
        self.delivery = given.delivery_id(self.campaign, 1)
        given.outcome(api, self.campaign, 1, "failed",
                      reply=f"550 5.1.1 <{email}> unknown")
        self.suppressed()
        self.came_by_mail()
        self.quoted()

    def suppressed(self):
        api = self.api
        api.post("/v1/suppressions", {"email": self.email, "note": NAME})
        back = api.post("/v1/suppressions", {"email": self.email, "note": NAME,
                                             "reason": "complaint"})["id"]
        api.ok("DELETE", f"/v1/suppressions/{back}", status=204)
        for word in ("list", "all"):
            requests.post(f"{api.url}/u/{given.token(api, self.delivery)}",
                          data={"scope": word}, timeout=10)

    def inbound(self, uid, **columns):
        box = self.api.value("INSERT INTO mailbox (name, host, port, tls,"
                             " username) VALUES ('b', 'h', 143, 'none', 'u')"
                             " RETURNING id")
        row = {"mailbox_id": box, "fingerprint": f"f{uid}", "folder": "INBOX",
               "uidvalidity": 1, "uid": uid, "class": "reply", "raw": "r",
               "subject": NAME} | columns
        return self.api.value(
            f"INSERT INTO inbound ({', '.join(row)}) VALUES"
            f" ({', '.join(['%s'] * len(row))}) RETURNING id", *row.values())

    def came_by_mail(self):
        answer = self.inbound(1, delivery_id=self.delivery, sender=self.email,
                              details=f'{{"recipient": "{self.email}"}}')
        self.inbound(2, sender=f"{NAME} <{self.email.title()}>")
        self.inbound(3, sender="daemon@example.com", details=(
            f'{{"text": "to {self.email.upper()}: {NAME} is away"}}'))
        given.event(self.api, self.campaign, 1, "reply", inbound_id=answer,
                    contact_id=self.contact, data=f'{{"from": "{self.key}"}}')

    def quoted(self):
        api = self.api
        requests.get(f"{api.url}/o/{given.token(api, self.delivery)}.gif",
                     timeout=10)
        wait_for(lambda: api.value("SELECT count(*) FROM hit") == 1)
        api.post("/v1/conversions", {
            "order_id": f"order of {NAME}", "email": self.email,
            "at": "2026-11-20T10:00:00Z", "amount": 100, "currency": "EUR",
            "source": "shop"})
        load(api, self.list, f"email,name\n{self.email}x y,{NAME}\n")
        api.sql("INSERT INTO task (kind, campaign_id, recipient, state, result)"
                " VALUES ('test_message', %s, %s, 'done', %s)", self.campaign,
                self.email, f'{{"steps": [{{"detail": "<{self.email}>"}}]}}')

    def report(self):
        return self.api.get(f"/v1/campaigns/{self.campaign}/report") | {
            "at": None}

    def erase(self):
        self.api.ok("DELETE", path(self.email), status=204)


@pytest.fixture(name="person", scope="module")
def fixture_person(api):
    return Person(api, "Erase.Me+x@example.com")


def everything_of(api, person):
    """How many rows of each table are about that person."""
    counts = {}
    for table, column in api.sql(
            "SELECT c.table_name, c.column_name FROM information_schema.columns"
            " c JOIN information_schema.tables t USING (table_schema,"
            " table_name) WHERE table_schema = 'public' AND t.table_type ="
            " 'BASE TABLE' AND column_name IN ('contact_id', 'email_key')"
            " AND table_name NOT LIKE 'rollup%' AND table_name <> 'contact'"
            " ORDER BY 1, 2"):
        value = person.contact if column == "contact_id" else person.key
        counts[table] = max(counts.get(table, 0), api.value(
            f"SELECT count(*) FROM {table} WHERE {column} = %s", value))
    return counts


SECTIONS = {"membership": "memberships", "suppression": "suppressions",
            "held_suppression": "held_suppressions", "consent": "consents",
            "confirmation": "confirmations", "delivery": "deliveries",
            "event": "events", "conversion": "conversions",
            "campaign_holdout": "holdouts", "contact_tag": "tags",
            "message": "messages"}


def test_everything_is_told(api, person):
    told = api.get(path(person.email, "/export"))
    assert told["person"]["contact"]["email"] == person.email
    imports = [c for c in told["person"]["consents"] if c["import_id"]]
    assert imports and imports[0]["basis"] == "fair"
    for table, count in everything_of(api, person).items():
        got = told["person"].get(SECTIONS.get(table), [])
        assert len([r for r in got if r not in imports]) == count, table
    assert len(told["inbound"]) == 3
    assert [o["reply"] for d in told["person"]["deliveries"]
            for o in d["outcomes"]] == [f"550 5.1.1 <{person.email}> unknown"]
    assert told["person"]["tests"] and told["person"]["rejected_rows"]
    for key in ("read", "write"):
        api.refused("GET", path(person.email, "/export"), status=403, key=key)
    api.refused("GET", path("nobody@example.com", "/export"), status=404)


def test_nothing_is_left(api, person, postgres):
    """Nothing but the wish not to be mailed."""
    before, report = postgres.dump(api.conninfo), person.report()
    assert len(found_in(before, person.email, NAME)) > 4
    consents = api.value("SELECT count(*) FROM consent")
    person.erase()
    dump = postgres.dump(api.conninfo)
    assert found_in(dump, person.email, NAME) == [], [
        line for line in dump.splitlines() if "erase.me" in line.lower()]
    assert sum(n for table, n in everything_of(api, person).items()
               if table not in ("event", "delivery", "conversion")) == 0
    assert person.report() == report
    assert api.value("SELECT count(*) FROM consent") >= consents
    api.refused("GET", path(person.email), status=404)
    api.refused("PUT", path(person.email), {}, status=409)
    api.refused("DELETE", path(person.email), status=404)


def test_the_hash_is_keyed(api):
    """HMAC-SHA256 of the address with a key of the key file."""
    given.contact(api, "Hashed@example.com")
    api.ok("DELETE", "/v1/contacts/hashed@example.com", status=204)
    _, master = given.master_key(api)
    key = hmac.digest(master, b"volley person", hashlib.sha256)
    want = hmac.new(key, b"hashed@example.com", hashlib.sha256).hexdigest()
    assert api.value("SELECT count(*) FROM suppression WHERE email_key ="
                     " 'hmac:' || %s AND reason = 'erased'", want) == 1


def test_nobody_brings_them_back(api, person):
    """Re-import: blocked 1; forms answer and do nothing."""
    here = signing.double_list(api)
    job = load(api, here["id"], f"email,name\n{person.email},x\nnew@example.com,n\n")
    assert (job["inserted"], job["rejected"], job["suppressed"]) == (1, 1, 1)
    contacts = api.value("SELECT count(*) FROM contact")
    signing.sign_up(api, here, person.email)
    assert api.value("SELECT count(*) FROM contact") == contacts


def test_let_in_again_with_what_was_said_before(api, person):
    """Removing `erased` does not forgive a complaint."""
    rows = api.get(f"/v1/suppressions?email={urllib.parse.quote(person.email)}"
                   )["data"]
    erased, = [r["id"] for r in rows if r["reason"] == "erased"]
    assert len(rows) > 2 and all(r["email"].startswith("hmac:") for r in rows)
    api.ok("DELETE", f"/v1/suppressions/{erased}", status=204)
    job = load(api, given.mailing_list(api), f"email\n{person.email}\n")
    assert job["rejected"] == 1
    api.ok("PUT", path(person.email), {}, status=201)
    reasons = {s["reason"] for s in api.get(path(person.email))["suppressions"]}
    assert reasons == {"manual", "unsubscribe"}
    api.ok("DELETE", path(person.email), status=204)
    api.refused("PUT", path(person.email), {}, status=409)


def test_erased_twice(api):
    """What was said of the address in between counts once."""
    email = "twice@example.com"
    for n in range(3):
        if n > 0:
            api.post("/v1/suppressions", {"email": email,
                                          "reason": "complaint"})
        given.contact(api, email)
        api.call("POST", "/v1/suppressions", {"email": email,
                                              "reason": "complaint"})
        api.ok("DELETE", path(email), status=204)
        last = api.get(f"/v1/suppressions?email={email}")["data"]
        assert sorted(r["reason"] for r in last) == ["complaint", "erased"]
        for row in last:
            if row["reason"] == "erased":
                api.ok("DELETE", f"/v1/suppressions/{row['id']}", status=204)
    assert api.value("SELECT count(*) FROM consent WHERE email_key LIKE"
                     " 'hmac:%%' OR email_key = %s", email) == 0
