"""X-007: tokens are not guessed.  However many a source tries, it learns
nothing, is soon refused, and keeps nobody else from anything; sources are
those behind proxies that are ours (X-027)."""

import random

import pytest
import requests

import clickers
from server import Server

GUESSES = 2000
ALLOWED = 59  # of one source in a minute
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PATHS = ("/c/%s/0", "/u/%s", "/p/%s", "/w/%s", "/o/%s.gif")


@pytest.fixture(scope="module")
def api(postgres):
    server = Server(postgres.create(), {"VOLLEY_PROXIES": "127.0.0.1"}).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def token(api):
    return clickers.mailing(api, 1)[1][0]


def near(pick, token):
    """A token of ours with one letter changed, or any."""
    if pick.random() < 0.5:
        return "".join(pick.choice(LETTERS) for _ in token)
    at = pick.randrange(len(token))
    other = pick.choice([c for c in LETTERS if c != token[at]])
    return token[:at] + other + token[at + 1:]


def ask(api, session, path, source):
    return session.get(api.url + path, timeout=10, allow_redirects=False,
                       headers={"X-Forwarded-For": source})


def test_many_sources_guess(api, token):
    """Nothing is found, and every page that says so is the same."""
    pick, session = random.Random(7), requests.Session()
    bodies, found = set(), 0
    for n in range(GUESSES):
        path = PATHS[n % len(PATHS)]
        r = ask(api, session, path % near(pick, token),
                f"198.51.100.{pick.randrange(250)}")
        if path.startswith("/o/"):
            found += r.status_code != 200 or len(r.content) != 43
        else:
            found += r.status_code not in (404, 429)
            bodies.add(r.content)
    assert (found, len(bodies)) == (0, 1)
    assert api.value("SELECT count(*) FROM event") == 0


def test_one_source_is_stopped(api, token):
    pick, session = random.Random(8), requests.Session()
    answers = [ask(api, session, "/c/%s/0" % near(pick, token), "203.0.113.5")
               for _ in range(150)]
    said = [r.status_code for r in answers]
    assert set(said) == {404, 429}
    # another minute may begin meanwhile
    assert ALLOWED <= said.count(404) <= 2 * ALLOWED
    assert {r.headers.get("Retry-After") for r in answers
            if r.status_code == 429} == {"60"}
    # it learns no more of a token that is good, and others go on
    if said[-1] == 429:
        assert ask(api, session, f"/c/{token}/0",
                   "203.0.113.5").status_code in (429, 302)
    for source in ("203.0.113.6", "2001:db8::1"):
        assert ask(api, session, f"/c/{token}/0", source).status_code == 302


def test_a_network_of_ipv6_is_one_source(api, token):
    pick, session = random.Random(9), requests.Session()
    said = [ask(api, session, "/u/%s" % near(pick, token),
                f"2001:db8:7:7::{n:x}").status_code for n in range(150)]
    assert ALLOWED <= said.count(404) <= 2 * ALLOWED
    assert said.count(429) == 150 - said.count(404)
