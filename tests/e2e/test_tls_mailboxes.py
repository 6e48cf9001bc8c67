"""Who cannot prove to be the mailbox's server gets no credentials, by IMAP and
POP3; the mailbox says why (R-001, X-002)."""

import re
import ssl

import pytest

from certificates import BAD_CERTIFICATES, HERE, WORDS, Authority
from liars import LIARS, SpeaksFirst, lying
from mailbox_server import Imap, Pop3
from polling import Polling
from whole import wait_for

LOGIN = ("planted-user@example.test", "planted-Password-4711")
IN_THE_CLEAR = re.compile(rb"(CAPA|STLS|QUIT|v\w+\.\d+ (CAPABILITY|STARTTLS))?")
WAYS = ("implicit", "starttls")
# In the order of LIARS; the first word is the protocol's.
WORDS_OF_LIARS = ("offers no {}", "not now", "not implemented",
                  "asking for TLS", "bytes|the handshake",
                  "bytes|the handshake", "answer", "does not speak TLS",
                  "does not speak TLS")


@pytest.fixture(scope="module")
def scene(postgres):
    one = Polling(postgres, None).start()
    one.poller()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


def mailbox(scene, server, ca, tls, host="localhost"):
    return scene.post("/v1/mailboxes", {
        "name": "Box", "host": host, "port": server.port, "tls": tls,
        "protocol": type(server).protocol, "ca_file": ca,
        "username": LOGIN[0], "password": LOGIN[1]})["id"]


def check(scene, cases):
    """Each names its reason, and no server was told anything."""
    for server, made, words in cases:
        wait_for(lambda m=made: scene.state(m)[1])
        assert re.search(words, scene.state(made)[1]), (
            type(server), words, scene.state(made))
    for server, made, words in cases:
        wait_for(lambda s=server: s.connections)
        assert not server.saw_credentials(), words
        for line in server.clear().split(b"\r\n"):
            if line[:1] in (b"\x15", b"\x16"):
                break  # a handshake that nobody answered
            assert IN_THE_CLEAR.fullmatch(line), line
        server.stop()
        scene.ok("DELETE", f"/v1/mailboxes/{made}", status=204)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("kind", [Imap, Pop3])
def test_bad_certificates(scene, authority, kind):
    other = Authority(authority.folder)
    made = [(authority.server(**how), WORDS[label], "localhost")
            for label, how in BAD_CERTIFICATES.items()]
    made.append((other.server(), "certificate", "localhost"))
    made.append((authority.server(["localhost", "127.0.0.2"]), "mismatch",
                 "127.0.0.1"))
    made += [(authority.server(HERE, tls=version), ".", "localhost")
             for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)]
    cases = []
    for context, words, host in made:
        for tls in WAYS:
            server = kind(tls, context, LOGIN)
            cases.append((server, mailbox(scene, server, authority.pem, tls,
                                          host), words))
    assert len(cases) == 24
    check(scene, cases)


@pytest.mark.parametrize("kind", [Imap, Pop3])
def test_servers_that_lie_about_tls(scene, authority, kind):
    cases = []
    for liar, words in zip(LIARS, WORDS_OF_LIARS):
        tls = "implicit" if liar is SpeaksFirst else "starttls"
        server = lying(liar, kind)(tls, authority.server(), LOGIN)
        cases.append((server, mailbox(scene, server, authority.pem, tls),
                      words.format("STARTTLS" if kind is Imap else "STLS")))
    assert len(cases) == 9
    check(scene, cases)


@pytest.mark.parametrize("kind", [Imap, Pop3])
@pytest.mark.parametrize("tls", WAYS)
def test_the_right_one_is_told(scene, authority, kind, tls):
    """Under TLS alone: so the others would have been, too."""
    server = kind(tls, authority.server(), LOGIN)
    made = mailbox(scene, server, authority.pem, tls)
    wait_for(lambda: server.saw_credentials())
    assert LOGIN[1].encode() not in server.clear()
    server.stop()
    scene.ok("DELETE", f"/v1/mailboxes/{made}", status=204)
