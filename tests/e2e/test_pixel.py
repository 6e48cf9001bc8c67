"""Click ids in links, and shops that tell with them, by pixel or by POST."""

import urllib.parse

import pytest
import requests

import clickers
import given
from whole import wait_for

AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0"}


@pytest.fixture(scope="module")
def scene(api):
    """A campaign whose links get ids, its tokens, and a goal."""
    goal = api.post("/v1/goals", {"name": "Pixel", "kind": "conversion",
                                  "source": "pixel"})["id"]
    c, tokens = clickers.mailing(api, 40)
    api.sql("UPDATE campaign SET click_ids = true WHERE id = %s", c)
    api.sql("INSERT INTO campaign_goal VALUES (%s, %s)", c, goal)
    return c, tokens, goal


def ask(api, path, **more):
    return requests.get(api.url + path, timeout=10, allow_redirects=False,
                        headers=AGENT | more.pop("headers", {}), **more)


def follow(api, token, link=0, **headers):
    r = ask(api, f"/c/{token}/{link}", headers=headers)
    assert r.status_code == 302
    return r.headers["Location"]


def click_id(api, token):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(
        follow(api, token)).query)["vclid"][0]


def pixel(api, click, **query):
    headers = query.pop("headers", {})
    row = {"order": f"P-{next(given.COUNT)}", "value": "49.90",
           "currency": "EUR"} | query
    r = ask(api, f"/k/{click}.gif", params=row, headers=headers)
    assert (r.status_code, len(r.content)) == (200, 43)
    assert r.headers["Content-Type"] == "image/gif"
    assert "no-store" in r.headers["Cache-Control"]
    return row["order"]


def told(api, order):
    rows = api.get(f"/v1/conversions?source=pixel&order_id={order}")["data"]
    assert len(rows) <= 1
    return rows[0] if rows else None


def settle(api, token):
    """Whatever was asked for before is in the database."""
    order = pixel(api, click_id(api, token))
    wait_for(lambda: told(api, order))


def test_links_get_an_id(api, scene):
    c, tokens, _ = scene
    one, two = (follow(api, tokens[0], link) for link in (0, 1))
    assert one.startswith("https://shop.example.com/0?vclid=")
    assert two.startswith("https://shop.example.com/1?vclid=")
    assert one[-34:] == two[-34:] != tokens[0]
    # not for who objects, not in a test message, not unless it is wanted
    assert follow(api, tokens[0], 0, **{"Sec-GPC": "1"}).endswith(".com/0")
    assert follow(api, tokens[0], 0, DNT="1").endswith(".com/0")
    test = given.token(api, given.delivery_id(c, 0))
    assert follow(api, test).endswith(".com/0")
    _, (other,) = clickers.mailing(api, 1)
    assert follow(api, other).endswith(".com/0")
    # it opens nothing of ours
    click = one[-34:]
    for path in ("/u/", "/p/", "/w/", "/c/"):
        link = path + click + ("/0" if path == "/c/" else "")
        assert ask(api, link).status_code == 404, path


def test_an_order(api, scene):
    c, tokens, goal = scene
    click = click_id(api, tokens[1])
    order = pixel(api, click, type="first <order>\"", value="1234,5")
    got = wait_for(lambda: told(api, order))
    assert (got["amount"], got["currency"], got["source"]) == (
        123450, "EUR", "pixel")
    assert got["type"] == "first <order>\""
    assert got["contact_id"] == api.value(
        "SELECT contact_id FROM delivery WHERE id = %s",
        given.delivery_id(c, 2))
    wait_for(lambda: told(api, order)["campaign_id"] == c)
    assert [k["goal_id"] for k in told(api, order)["credits"]] == [goal]
    for value in ("1234,5", "1"):  # each order once, as it was told first
        pixel(api, click, order=order, value=value)
    settle(api, tokens[1])
    assert told(api, order)["amount"] == 123450
    report = api.get(f"/v1/campaigns/{c}/report")["goals"][0]
    assert (report["people"], report["conversions"]) == (1, 2)
    assert report["revenue"] == {"EUR": 123450 + 4990}


def test_what_tells_nothing(api, scene):
    _, tokens, _ = scene
    click = click_id(api, tokens[2])
    before = api.value("SELECT count(*) FROM conversion")
    bad = [dict(order=""), dict(order="x" * 201), dict(value=""), dict(value="-5"), dict(value="1e9"),
           dict(currency="eur"), dict(currency=""), dict(type="x" * 101),
           dict(value="49.999"),
           dict(headers={"Sec-Purpose": "prefetch"}),
           dict(headers={"User-Agent": "SomeBot/1.0 bot"})]
    for query in bad:
        pixel(api, click, **query)
    for other in (tokens[2], click[:-1], click[:-1] + "b", "x", "%00x"):
        r = ask(api, f"/k/{other}.gif?order=a&value=1&currency=EUR")
        assert r.status_code in (200, 400, 404), other
    requests.head(f"{api.url}/k/{click}.gif?order=h&value=1&currency=EUR",
                  headers=AGENT, timeout=10)
    settle(api, tokens[2])
    assert api.value("SELECT count(*) FROM conversion") == before + 1


def test_ids_of_others_are_not_guessed(api, scene):
    """1,000 ids that are nearly one: no conversion."""
    _, tokens, _ = scene
    click = click_id(api, tokens[3])
    before = api.value("SELECT count(*) FROM conversion")
    with requests.Session() as session:
        for n in range(1000):
            at, letter = n % 34, "abcdefghijklmnopqrstuvwxyz234567"[n % 32]
            if click[at] == letter:
                continue
            guess = click[:at] + letter + click[at + 1:]
            r = session.get(f"{api.url}/k/{guess}.gif?order=g{n}&value=1"
                            "&currency=EUR", headers=AGENT, timeout=10)
            assert (r.status_code, len(r.content)) == (200, 43)
    settle(api, tokens[3])
    found = api.value("SELECT count(*) FROM conversion") - before
    # the last two bits of 34 characters are of no byte
    assert found <= 1 + 8


def test_a_flood_is_cut(api, scene):
    """20 a minute, and 100 a day, of one person."""
    _, tokens, _ = scene
    click = click_id(api, tokens[4])
    orders = [pixel(api, click) for _ in range(60)]
    settle(api, tokens[5])
    found = sum(told(api, o) is not None for o in orders)
    assert 20 <= found <= 40  # the minute may have turned
    contact = told(api, orders[0])["contact_id"]
    api.sql("INSERT INTO conversion (source, order_id, contact_id, at, amount,"
            " currency) SELECT 'pixel', 'flood ' || n, %s, now(), 0, 'EUR'"
            " FROM generate_series(1, 100) n", contact)
    delivery = api.value("SELECT delivery_id FROM conversion WHERE"
                         " order_id = %s", orders[0])
    assert api.value("SELECT pixel_orders(ARRAY[%s], ARRAY[now()], ARRAY["
                     "'{\"order\":\"one too many\",\"amount\":1,"
                     "\"currency\":\"EUR\",\"type\":\"\"}'::jsonb])",
                     delivery) == 0


def test_withdrawn(api, scene):
    """T-010: nobody's, or nothing, also with an old id."""
    c, tokens, _ = scene
    clicks = [click_id(api, tokens[n]) for n in (6, 7)]
    for n, mode in ((7, "aggregate"), (8, "none")):
        api.sql("UPDATE contact SET tracking = %s WHERE id = (SELECT"
                " contact_id FROM delivery WHERE id = %s)", mode,
                given.delivery_id(c, n))
    one, two = (pixel(api, click) for click in clicks)
    settle(api, tokens[8])
    assert told(api, one)["contact_id"] is None
    assert told(api, two) is None


def test_server_side(api, scene):
    c, tokens, _ = scene
    click = click_id(api, tokens[9])
    body = {"source": "shop", "order_id": "S-1", "amount": 100,
            "currency": "EUR"}
    got = api.post("/v1/conversions", body | {"click_id": click.upper()})
    assert got["contact_id"] == api.value(
        "SELECT contact_id FROM delivery WHERE id = %s",
        given.delivery_id(c, 10))
    for person in ({"click_id": tokens[9]}, {"click_id": "x"}):
        assert api.refused("POST", "/v1/conversions", body | person) == [
            "click_id"]
    for person in ({"click_id": click, "token": tokens[9]}, {"token": click}):
        assert api.refused("POST", "/v1/conversions", body | person) in (
            ["email"], ["token"])


def test_settled_when_it_was_started(api):
    c, (token,) = clickers.mailing(api, 1)
    api.sql("UPDATE campaign SET click_ids = true WHERE id = %s", c)
    follow(api, token)
    api.sql("UPDATE campaign SET click_ids = false WHERE id = %s", c)
    assert "vclid=" in follow(api, token)
