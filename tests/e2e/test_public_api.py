"""volley api --public: links and pages of mails in a process of their own,
with a database role that sees nothing else (X-028)."""

import subprocess

import psycopg2
import pytest
import requests

import clickers
import given
import signing
from server import VOLLEY, Server, free_port
from whole import wait_for

SECRETS = ["smtp_account", "mailbox", "api_key", "import", "idempotency",
           "oauth", "dkim_key", "inbound"]


class Public:
    """Beside a server, on its database and with its master key."""

    def __init__(self, api):
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        with open(api.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [VOLLEY, "api", "--public"], stdout=log, stderr=log,
                env=api.env | {"VOLLEY_LISTEN": f"127.0.0.1:{port}"})
        wait_for(self.is_ready)

    def is_ready(self):
        assert self.process.poll() is None
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def ask(self, path, method="GET", **more):
        return requests.request(method, self.url + path, timeout=10,
                                allow_redirects=False, **more)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0


@pytest.fixture(scope="module")
def api(postgres):
    server = Server(postgres.create()).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def public(api):
    made = Public(api)
    yield made
    made.stop()


def test_nothing_but_public_routes(api, public):
    mine = set(api.volley("api", "--public", "--routes").splitlines())
    everything = set(api.volley("api", "--routes").splitlines())
    assert mine < everything and not [r for r in mine if "/v1/" in r]
    for row in everything - mine:
        method, path = row.split()[:2]
        r = public.ask(path.replace("{id}", "1"), method, headers={
            "Authorization": f"Bearer {api.keys['admin']}"})
        assert r.status_code == 404, row


def test_the_role_sees_no_secrets(api):
    with psycopg2.connect(api.conninfo) as pg, pg.cursor() as cursor:
        for table in SECRETS:
            cursor.execute("SET LOCAL ROLE volley_public")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT * FROM {table}")
            pg.rollback()
        for statement in ("DELETE FROM event", "DELETE FROM suppression",
                          "UPDATE contact SET email = ''",
                          "INSERT INTO contact (email, email_key) VALUES"
                          " ('a', 'a')", "CREATE TABLE mine ()"):
            cursor.execute("SET LOCAL ROLE volley_public")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            pg.rollback()


def test_everything_in_a_mail_works(api, public):
    c, tokens = clickers.mailing(api, 6)
    api.sql("INSERT INTO campaign_content (campaign_id, subject, preheader,"
            " html, text) VALUES (%s, 's', '', '', 'Hello you')", c)
    token = tokens[0]
    assert public.ask(f"/o/{token}.gif").status_code == 200
    assert public.ask(f"/c/{token}/1").headers["Location"] == \
        "https://shop.example.com/1"
    wait_for(lambda: api.value("SELECT count(*) FROM hit h JOIN event e ON"
                               " e.id = h.event_id WHERE campaign_id = %s",
                               c) == 2)
    assert "Hello you" in public.ask(f"/w/{token}").text
    assert public.ask(f"/p/{token}").status_code == 200
    assert public.ask(f"/u/{token}").status_code == 200
    assert public.ask("/style.css").status_code == 200
    r = public.ask(f"/u/{token}", "POST",
                   data={"List-Unsubscribe": "One-Click"})
    assert r.status_code == 200
    assert public.ask(f"/p/{tokens[1]}", "POST",
                      data={"scope": "all"}).status_code == 200
    assert api.get(f"/v1/campaigns/{c}/report")["unsubscribes"] == 2
    # a burst is found, the strictest mode holds
    for n in range(3):
        public.ask(f"/c/{tokens[2]}/{n}")
    wait_for(lambda: api.value("SELECT count(*) FROM event WHERE verdict ="
                               " 'machine' AND campaign_id = %s", c) == 3)
    api.sql("UPDATE contact SET tracking = 'deliverability' WHERE id ="
            " (SELECT contact_id FROM delivery WHERE id = %s)",
            given.delivery_id(c, 4))
    # a shop's pixel tells of an order
    api.sql("UPDATE campaign SET click_ids = true WHERE id = %s", c)
    api.sql("INSERT INTO conversion (source, order_id, contact_id, at, amount,"
            " currency) SELECT 'shop', 'old', contact_id, now(), 1, 'EUR'"
            " FROM delivery WHERE id = %s", given.delivery_id(c, 5))
    other = clickers.mailing(api, 1)[1][0]
    assert "vclid" not in public.ask(f"/c/{other}/1").headers["Location"]
    click = given.click_id(api, given.delivery_id(c, 5))
    public.ask(f"/k/{click}.gif?order=A-1&value=5&currency=EUR")
    wait_for(lambda: api.value("SELECT count(*) FROM conversion WHERE"
                               " source = 'pixel' AND amount = 500") == 1)
    public.ask(f"/o/{tokens[3]}.gif")
    wait_for(lambda: api.value("SELECT count(*) FROM contact WHERE"
                               " last_open_on IS NOT NULL") == 1)


def test_people_sign_up_confirm_and_come_back(api, public):
    """All that the pages write goes through functions that check it."""
    here = signing.double_list(api)
    form = f"/f/{here['public_id']}"
    assert here["name"] in public.ask(form).text
    r = public.ask(form, "POST", data={"email": "new@example.com"})
    assert r.status_code == 200
    signing.give(api)
    link = signing.links(api, "new@example.com")[0].removeprefix(api.url)
    for method in ("GET", "POST", "POST"):
        assert public.ask(link, method).status_code == 200
    page = link.replace("/confirm/", "/p/")
    for pressed in ({"list": here["id"]}, {"scope": "all"},
                    {"join": here["id"]}, {"tracking": "off"},
                    {"tracking": "on"}):
        r = public.ask(page, "POST", data=pressed)
        assert r.status_code == 200 and "It is done" in r.text, pressed
    assert signing.standing(api, "new@example.com", here["id"]) == "subscribed"
    said = [c["action"] for c in api.get(
        "/v1/contacts/new@example.com/consents")["data"]]
    assert said == ["asked", "given", "withdrawn", "withdrawn", "restored",
                    "restored", "tracking_refused", "tracking_allowed"]
