"""The link of mails that were really sent, and how soon it works: no mail to
that address begins a second later, whoever is sending what (S-070 to S-074)."""

import time
import urllib.parse

import pytest
import requests

import arrived
from recorder import Recorder
from whole import Whole, wait_for

PEOPLE = 30
DELAY = 0.15  # of each message of the slow campaign


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres, VOLLEY_WORKERS="2").start()
    yield v
    v.stop()


def link_of(message):
    field = message["List-Unsubscribe"].strip()
    assert field.startswith("<http") and field.endswith(">")
    assert field.count("<") == field.count(",") + 1 == 1
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return field[1:-1]


def mails(server):
    """Address -> message, of a server that everybody got one from."""
    found = {}
    for m in server.messages:
        message = arrived.parse(m.data)
        found[message["To"].addresses[0].addr_spec] = message
    assert len(found) == len(server.messages)
    return found


def suppressed(volley):
    """Who is, with the reasons; each told once."""
    rows = volley.sql("SELECT email_key, reason FROM suppression")
    assert len(rows) == len(set(rows))
    return dict(rows)


def state(volley):
    return volley.sql("SELECT (SELECT count(*) FROM suppression), (SELECT"
                      " count(*) FROM event), (SELECT count(*) FROM membership"
                      " WHERE status = 'subscribed')")


def test_the_link_of_a_mail(volley):
    server = Recorder()
    people = [f"person{n}@link.example.com" for n in range(4)]
    list_id = volley.people(people)
    template = volley.post("/v1/templates", {
        "name": "T", "subject": "S",
        "html": "<a id='u' href='{{ unsubscribe_url }}'>leave</a>"})["id"]
    account = volley.plain_account(server.port)
    campaign = volley.launch([list_id], [account], template)
    volley.wait_finished(campaign)
    sent = mails(server)
    assert len({link_of(m) for m in sent.values()}) == len(people)
    for message in sent.values():
        page = arrived.Html(message)
        assert page.attributes["u"]["href"] == link_of(message)
        assert link_of(message) in arrived.text_of(message)
    before = state(volley)
    link = link_of(sent[people[0]])
    for n in range(100):
        agent = {"User-Agent": ("Mozilla/5.0", "BarracudaCentral", "")[n % 3]}
        r = requests.request(("GET", "HEAD")[n % 2], link, headers=agent,
                             timeout=10, allow_redirects=False)
        assert r.status_code == 200
    assert state(volley) == before
    one_click = {"List-Unsubscribe": "One-Click"}
    for to, body in ((people[0], {"data": one_click}),
                     (people[1], {"files": {
                         k: (None, v) for k, v in one_click.items()}})):
        for _ in range(3):
            r = requests.post(link_of(sent[to]), timeout=10,
                              allow_redirects=False, **body)
            assert r.status_code == 200 and not r.cookies
    assert suppressed(volley) == dict.fromkeys(people[:2], "unsubscribe")
    # a token of our own key for somebody else's mail cannot be guessed at
    token = link.rpartition("/")[2]
    swapped = link_of(sent[people[2]])[:-4] + token[-4:]
    assert requests.post(swapped, timeout=10, data=one_click).status_code == 404
    # and the next campaign leaves both out
    again = volley.launch([list_id], [account], template)
    assert volley.wait_finished(again)["audience"] == 2
    assert volley.report(campaign)["unsubscribes"] == 2
    assert volley.report(again)["unsubscribes"] == 0
    server.stop()


class Slow(Recorder):
    """One connection at a time, and it takes its time; without PIPELINING, so
    that MAIL begins when it is heard."""
    capabilities = ("8BITMIME", "ENHANCEDSTATUSCODES")


class Leaver:
    """Ways to be suppressed, each of another person; when it took effect."""

    def __init__(self, volley, links):
        self.volley, self.links, self.at = volley, links, {}

    def done(self, email):
        self.at[email] = time.monotonic()

    def one_click(self, email):
        r = requests.post(self.links[email], timeout=10,
                          data={"List-Unsubscribe": "One-Click"})
        assert r.status_code == 200
        self.done(email)

    def from_everything(self, email):
        r = requests.post(self.links[email], timeout=10, data={"scope": "all"})
        assert r.status_code == 200
        self.done(email)

    def by_hand(self, email):
        self.volley.post("/v1/suppressions", {"email": email.upper()})
        self.done(email)

    def erased(self, email):
        self.volley.ok("DELETE", "/v1/contacts/" + urllib.parse.quote(email),
                       status=204)
        self.done(email)

    def bounced(self, email):
        """As the poller writes it."""
        self.volley.sql("INSERT INTO suppression (email_key, reason)"
                        " VALUES (%s, 'hard_bounce')", email)
        self.done(email)


def test_while_a_campaign_runs(volley):
    people = [f"person{n:02}@slow.example.com" for n in range(PEOPLE)]
    list_id = volley.people(people)
    quick = Recorder()
    first = volley.launch([list_id], [volley.plain_account(quick.port)],
                          track_opens=False)
    volley.wait_finished(first)
    links = {to: link_of(m) for to, m in mails(quick).items()}
    quick.stop()
    slow = Slow(delay=DELAY)
    second = volley.launch([list_id], [volley.plain_account(
        slow.port, max_connections=1)])
    wait_for(lambda: len(slow.messages) >= 2)
    leaver = Leaver(volley, links)
    # Whoever comes last in the list has the longest to wait; somebody who
    # comes next may still get it.
    ways = [leaver.one_click, leaver.from_everything, leaver.by_hand,
            leaver.erased, leaver.bounced]
    for n, way in enumerate(ways * 2):
        way(people[-1 - n])
        time.sleep(0.15)
    leaver.one_click(people[PEOPLE - 12])
    report = volley.wait_finished(second, 40)
    slow.stop()
    begun = {m.rcpt[0][9:-1].decode(): m.begun for m in slow.messages}
    for email, at in leaver.at.items():
        assert begun.get(email, 0) <= at + 1, f"{email}: {begun[email] - at} s"
    left = [email for email in leaver.at if email not in begun]
    assert len(left) >= 10
    assert report["suppressed"] == len(left)
    assert report["accepted"] == len(begun) == PEOPLE - len(left)
    assert report["pending"] == report["failed"] == 0


def test_a_paused_campaign_forgets_nobody(volley):
    """Who leaves while it is paused is left out when it goes on."""
    people = [f"person{n:02}@paused.example.com" for n in range(12)]
    slow = Slow(delay=0.15)
    campaign = volley.launch([volley.people(people)], [volley.plain_account(
        slow.port, max_connections=1)])
    wait_for(lambda: slow.messages)
    volley.post(f"/v1/campaigns/{campaign}/pause", status=200)
    time.sleep(1)
    at_rest = len(slow.messages)
    volley.post("/v1/suppressions", {"email": people[-1]})
    volley.post(f"/v1/campaigns/{campaign}/resume", status=200)
    report = volley.wait_finished(campaign)
    assert at_rest < 11 and report["suppressed"] == 1
    assert people[-1].encode() not in b"".join(
        m.rcpt[0] for m in slow.messages)
    slow.stop()
