"""Who cannot prove to be the server that was named gets no credentials and no
mail; the account is paused and says why, and nobody is lost (S-040 to S-042,
X-002)."""

import base64
import re
import ssl

import pytest

from certificates import BAD_CERTIFICATES, HERE, WORDS, Authority
from liars import LIARS, SpeaksFirst, lying
from recorder import Recorder
from whole import Whole, wait_for

USER, PASSWORD = "planted-user@example.com", "planted-Password-4711"
LOGIN = (USER, PASSWORD)
PEOPLE = 3


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres).start()
    yield v
    v.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    folder.chmod(0o755)
    return Authority(folder)


class Case:
    """A server, an account of it, and a campaign through that."""

    def __init__(self, volley, server, label, ca, tls, host="localhost"):
        self.volley, self.server, self.label = volley, server, label
        self.account = volley.post("/v1/accounts", {
            "name": label, "host": host, "port": server.port, "tls": tls,
            "username": USER, "password": PASSWORD, "ca_file": ca})["id"]
        word = re.sub("[^a-z0-9]", "", label.lower())
        self.people = [f"p{n}@{tls}-{word}.example.com"
                       for n in range(PEOPLE)]
        self.campaign = volley.launch([volley.people(self.people)],
                                      [self.account])

    def state(self):
        return self.volley.get(f"/v1/accounts/{self.account}")

    def wait_paused(self):
        return wait_for(lambda: (s := self.state())["state"] == "paused"
                        and s["state_reason"])

    def nothing_was_told(self):
        """No login, no address, no message, in the clear or otherwise."""
        said = self.server.clear()
        for line in said.split(b"\r\n"):
            if line[:1] in (b"\x15", b"\x16"):
                break  # a handshake that nobody answered
            assert line in (b"EHLO client.example.com",
                            b"HELO client.example.com",
                            b"STARTTLS", b"QUIT", b""), line
        said += self.server.secret()
        for secret in (USER, PASSWORD, "AUTH", "MAIL FROM"):
            assert secret.encode() not in said
        assert base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()) not in said
        assert self.server.messages == []

    def everybody_is_pending(self):
        report = self.volley.report(self.campaign)
        assert report["pending"] == report["audience"] == PEOPLE
        assert self.volley.status(self.campaign) == "running"

    def mend(self, **change):
        self.volley.ok("PATCH", f"/v1/accounts/{self.account}", change)

    def everybody_gets_it(self, server):
        """Once, without another word from anybody."""
        report = self.volley.wait_finished(self.campaign)
        assert report["accepted"] == PEOPLE
        got = [r for m in server.messages for r in m.rcpt
               if any(f"<{p}>".encode() in r for p in self.people)]
        assert len(got) == len(set(got)) == PEOPLE


def good_servers(authority):
    return {tls: Recorder(tls, authority.server(), LOGIN)
            for tls in ("implicit", "starttls")}


def test_bad_certificates(volley, authority):
    good = good_servers(authority)
    cases = [Case(volley, Recorder(tls, authority.server(**how), LOGIN), label,
                  authority.pem, tls)
             for label, how in BAD_CERTIFICATES.items()
             for tls in ("implicit", "starttls")]
    for case in cases:
        reason = case.wait_paused()
        assert re.search(WORDS[case.label], reason), reason
    for case in cases:
        case.everybody_is_pending()
        case.nothing_was_told()
        case.server.stop()
    ways = list(good.values())
    for n, case in enumerate(cases):
        case.mend(port=ways[n % 2].port)
    for n, case in enumerate(cases):
        case.everybody_gets_it(ways[n % 2])


def test_mended_by_naming_what_is_right(volley, authority):
    """Another authority signed; the address has to be in it as well."""
    other = Authority(authority.folder)
    cases = [Case(volley, Recorder(tls, other.server(), LOGIN), "authority",
                  authority.pem, tls) for tls in ("implicit", "starttls")]
    cases.append(Case(volley, Recorder("implicit", authority.server(
        ["localhost", "127.0.0.2"]), LOGIN), "address", authority.pem,
        "implicit", host="127.0.0.1"))
    words = ["certificate", "certificate", "mismatch"]
    mends = [{"ca_file": other.pem}, {"ca_file": other.pem},
             {"host": "localhost", "password": PASSWORD}]
    for case, word in zip(cases, words):
        assert word in case.wait_paused()
    for case, mend in zip(cases, mends):
        case.everybody_is_pending()
        case.nothing_was_told()
        case.mend(**mend)
    for case in cases:
        case.everybody_gets_it(case.server)
        case.server.stop()


class KnowsHeloOnly(Recorder):
    def on_ehlo(self, c, line):
        c.say("502 5.5.1 no EHLO here")

    def on_helo(self, c, line):
        c.say("250 mx.test")


# What the reason says; None: it looks like trouble of the moment.
WORDS_OF_LIARS = ("STARTTLS", "454", "502", None, "the handshake",
                  "the handshake", None, "does not speak TLS",
                  "does not speak TLS")
SERVERS = {KnowsHeloOnly: "502", **{
    lying(liar, Recorder): words
    for liar, words in zip(LIARS, WORDS_OF_LIARS)}}


def test_servers_that_lie_about_tls(volley, authority):
    good = Recorder("starttls", authority.server(), LOGIN)
    cases = []
    for kind in SERVERS:
        tls = "implicit" if issubclass(kind, SpeaksFirst) else "starttls"
        cases.append(Case(volley, kind(tls, authority.server(), LOGIN),
                          kind.__name__, authority.pem, tls))
    for words, case in zip(SERVERS.values(), cases):
        if words is None:
            wait_for(lambda c=case: c.server.connections)
        else:
            assert words in case.wait_paused()
    for case in cases:
        case.everybody_is_pending()
        case.mend(port=good.port, tls="starttls")
    for case in cases:
        case.everybody_gets_it(good)
        case.nothing_was_told()
        case.server.stop()
    good.stop()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions(volley, authority):
    cases = [Case(volley, Recorder("implicit", authority.server(
        HERE, tls=version), LOGIN), version.name, authority.pem, "implicit")
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)]
    good = Recorder("implicit", authority.server(), LOGIN)
    for case in cases:
        case.wait_paused()
        case.everybody_is_pending()
        case.nothing_was_told()
        case.server.stop()
        case.mend(port=good.port)
    for case in cases:
        case.everybody_gets_it(good)
    good.stop()


class ForgetsAllOfIt(Recorder):
    """Says one thing in the clear and another under TLS."""

    def offers(self, c):
        if c.is_tls:
            return ["AUTH PLAIN"]
        return ["STARTTLS", "PIPELINING", "SIZE 1", "SMTPUTF8",
                "AUTH LOGIN XOAUTH2"]


def test_what_was_offered_in_the_clear_is_forgotten(volley, authority):
    server = ForgetsAllOfIt("starttls", authority.server(), LOGIN)
    case = Case(volley, server, "forgets", authority.pem, "starttls")
    assert volley.wait_finished(case.campaign)["accepted"] == PEOPLE
    for c in server.connections:
        assert c.clear == b"EHLO client.example.com\r\nSTARTTLS\r\n"
        assert b"AUTH PLAIN " in c.secret and b" SIZE=" not in c.secret
        # without PIPELINING one command waits for the other's reply
        assert c.commands[2:4] == [b"EHLO client.example.com",
                                   server.auth_line()]
    server.stop()
