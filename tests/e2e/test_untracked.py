"""T-010: the mail of who is not to be followed tells nothing of them, as a
contact or by the list."""

import itertools

import pytest

import arrived
from recorder import Recorder
from whole import Whole

MODES = ("individual", "deliverability", "aggregate", "none")
HTML = """<html><body><a href="https://shop.example.com/a">a</a>
<a href="{{ unsubscribe_url }}">leave</a></body></html>"""


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres).start()
    yield v
    v.stop()


def person(volley, mode, by_list):
    """On a list of their own: the address and the list."""
    email = f"{mode}-{by_list}@modes.example.com".lower()
    list_id = volley.people([email])
    if by_list:
        volley.ok("PATCH", f"/v1/lists/{list_id}", {"tracking": mode})
    else:
        volley.ok("PUT", f"/v1/contacts/{email}", {"tracking": mode})
    return email, list_id


def pages(server):
    """The HTML that each address got."""
    return {m.rcpt[0].decode().split("<")[1].rstrip(">"):
            arrived.Html(arrived.parse(m.data)).source for m in server.messages}


def test_neither_pixel_nor_links_of_their_own(volley):
    people = {pair: person(volley, *pair)
              for pair in itertools.product(MODES, (False, True))}
    template = volley.post("/v1/templates", {
        "name": "T", "subject": "S", "html": HTML})["id"]
    server = Recorder()
    c = volley.launch([list_id for _, list_id in people.values()],
                      [volley.plain_account(server.port)], template,
                      track_clicks=True, track_opens=True)
    assert volley.wait_finished(c)["accepted"] == len(people)
    got = pages(server)
    server.stop()
    for (mode, by_list), (email, _) in people.items():
        followed = mode in ("individual", "deliverability")
        for mark in ("/o/", "/c/"):
            assert (volley.url + mark in got[email]) == followed, (mode, by_list)
        assert ("https://shop.example.com/a" in got[email]) != followed
        assert f"{volley.url}/u/" in got[email]
