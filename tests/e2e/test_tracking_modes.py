"""T-010: what is kept of people who do not want to be followed."""

import datetime

import pytest
import requests

import clickers
from server import Server
from whole import wait_for

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"


@pytest.fixture(scope="module")
def api(postgres):
    server = Server(postgres.create()).start()
    yield server
    server.stop()


@pytest.fixture
def scene(api):
    """A campaign of two people; the second one marks when hits are in."""
    c, tokens = clickers.mailing(api, 2)
    who = api.sql("SELECT email, list_id FROM delivery d JOIN contact c"
                  " ON c.id = d.contact_id WHERE campaign_id = %s"
                  " ORDER BY d.id", c)
    return api, c, tokens, who


def ask(api, path):
    r = requests.get(api.url + path, timeout=10, allow_redirects=False,
                     headers={"User-Agent": FIREFOX})
    assert r.status_code in (200, 302)
    return r


def visit(api, c, tokens):
    """The first one opens and clicks, then somebody else does."""
    before = marks(api, c)
    ask(api, f"/o/{tokens[0]}.gif")
    assert ask(api, f"/c/{tokens[0]}/0").headers["Location"] == \
        "https://shop.example.com/0"
    ask(api, f"/o/{tokens[1]}.gif")
    wait_for(lambda: marks(api, c) > before)


def marks(api, c):
    return api.value("SELECT count(*) FROM event WHERE delivery_id = %s",
                     (c << 32) + 2)


def traces(api, c):
    """Of the first one: (events with a name on, without, raw hits)."""
    one = (c << 32) + 1
    return (api.value("SELECT count(*) FROM event WHERE delivery_id = %s", one),
            api.value("SELECT count(*) FROM event WHERE campaign_id = %s AND"
                      " delivery_id IS NULL AND contact_id IS NULL", c),
            api.value("SELECT count(*) FROM hit WHERE delivery_id = %s", one))


def put(api, email, **what):
    return api.ok("PUT", f"/v1/contacts/{email}", what)


def test_of_a_contact(scene):
    api, c, tokens, who = scene
    email = who[0][0]
    assert put(api, email)["tracking"] == "individual"
    visit(api, c, tokens)
    assert traces(api, c) == (2, 0, 2)
    # withdrawn: nothing more comes of the mail that is there already
    assert put(api, email, tracking="none")["tracking"] == "none"
    assert put(api, email, name="X")["tracking"] == "none"
    visit(api, c, tokens)
    assert traces(api, c) == (2, 0, 2)
    put(api, email, tracking="aggregate")
    visit(api, c, tokens)
    assert traces(api, c) == (2, 2, 2)
    assert put(api, email)["last_open_on"] is None
    put(api, email, tracking="deliverability")
    visit(api, c, tokens)
    assert traces(api, c) == (2, 4, 2)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert put(api, email)["last_open_on"] in (
        str(today), str(today - datetime.timedelta(days=1)))
    report = api.get(f"/v1/campaigns/{c}/report")
    assert report["opens"]["human"] == 2 + 2
    assert report["clicks"]["human"] == 1 + 2
    assert api.refused("PUT", f"/v1/contacts/{email}",
                       {"tracking": "all"}) == ["tracking"]


def test_of_a_list(scene):
    """The stricter one holds."""
    api, c, tokens, who = scene
    email, list_id = who[0]
    assert api.get(f"/v1/lists/{list_id}")["tracking"] == "individual"
    changed = api.ok("PATCH", f"/v1/lists/{list_id}", {"tracking": "aggregate"})
    assert changed["tracking"] == "aggregate"
    ask(api, f"/o/{tokens[0]}.gif")
    wait_for(lambda: traces(api, c) == (0, 1, 0))
    put(api, email, tracking="none")
    ask(api, f"/o/{tokens[0]}.gif")
    ask(api, f"/o/{tokens[1]}.gif")
    wait_for(lambda: traces(api, c) == (0, 2, 0))
    made = api.post("/v1/lists", {"name": "quiet", "tracking": "none"})
    assert made["tracking"] == "none"
    assert {entry["tracking"] for entry in api.get("/v1/lists")["data"]} == {
        "aggregate", "individual", "none"}


def test_of_somebody_who_was_erased(scene):
    api, c, tokens, who = scene
    visit(api, c, tokens)
    api.ok("DELETE", f"/v1/contacts/{who[0][0]}", status=204)
    rows = api.sql("SELECT agent, network, source FROM hit"
                   " WHERE delivery_id = %s", (c << 32) + 1)
    assert rows == [("", None, None)] * 2
    visit(api, c, tokens)
    assert traces(api, c)[2] == 2
