"""SMTP smuggling: a message that holds the end of a message is one message,
for a server that takes every line end, and for one that takes CRLF alone."""

import email
import email.policy
import os
import re
import smtplib
import ssl

import pytest

import arrived
import given
from mail import Inbox
from recorder import Recorder
from sending import Sink
from whole import Whole, wait_for

ENDS = ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\n\n.\r\n",
        "\r\n.\r\n", "\r\n\r\n.\r\n.\n", "\r.\n", "\n.\r"]
# The seventh of the list; there is no way in for it.
END_WITH_NUL = "\r\n\0.\r\n"
SECOND = ("MAIL FROM:<sender@example.test>\r\nRCPT TO:<fbl@example.test>\r\n"
          "DATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\nQUIT\r\n")
SMUGGLED = [f"before{end}{SECOND}after" for end in ENDS]


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres).start()
    yield v
    v.stop()


def template(volley):
    """Every sequence in the source, and wherever a value may stand."""
    source = "\n".join(SMUGGLED)
    return volley.post("/v1/templates", {
        "name": "T", "subject": "S {{ bad }}", "preheader": "{{ bad }}",
        "html": f"<p id='v'>{{{{ bad }}}}</p>{{{{ bad | raw }}}}{source}",
        "text": "{{ bad }}\n" + source})["id"]


def send(volley, account, address):
    """A campaign to one contact for each sequence; their addresses."""
    list_id = given.mailing_list(volley)
    people = [address % n for n in range(len(SMUGGLED))]
    for to, bad in zip(people, SMUGGLED):
        volley.ok("PUT", f"/v1/contacts/{to}", {
            "attributes": {"bad": bad}, "lists": [list_id]}, 201)
    c = volley.launch([list_id], [account], template(volley))
    assert volley.wait_finished(c)["accepted"] == len(SMUGGLED)
    return people


def lines(text):
    return re.sub("\r\n?", "\n", text)


def whole_message(message, n):
    assert lines(SMUGGLED[n]) in arrived.text_of(message)
    for bad in SMUGGLED:
        assert lines(bad) in arrived.text_of(message)
    assert arrived.Html(message).text["v"] == lines(SMUGGLED[n])
    assert arrived.squeezed(message["Subject"]) \
        == arrived.squeezed("S " + SMUGGLED[n])


def test_a_strict_server(volley):
    server = Recorder()
    people = send(volley, volley.plain_account(server.port), "s%d@a.example.com")
    assert len(server.messages) == len(people)
    arrived.commands_are_ours(server)
    for m in server.messages:
        n = int(re.search(rb"<s(\d+)@", m.rcpt[0])[1])
        message = arrived.parse(m.data)
        arrived.addressed(message, m, people[n])
        whole_message(message, n)
    server.stop()


def test_a_server_that_takes_any_line_end(volley, tmp_path):
    sink = Sink("--dump", str(tmp_path))
    people = send(volley, volley.plain_account(sink.port), "s%d@b.example.com")
    assert sorted(line[2] for line in sink.lines()) == sorted(people)
    for path in tmp_path.iterdir():
        message = arrived.parse(path.read_bytes())
        to = message["To"].addresses[0].addr_spec
        whole_message(message, people.index(to))
    sink.stop()


def accepted_by_postfix(mail_stack):
    """How many messages came in through a login."""
    folder = os.path.dirname(os.path.dirname(mail_stack["ca"]))
    with open(f"{folder}/log/postfix.log", encoding="utf-8") as f:
        return len(re.findall(r"client=.*sasl_username", f.read()))


def test_postfix_falls_for_it(mail_stack):
    """A client that sends lines as they are smuggles; so the next test can
    fail."""
    before = accepted_by_postfix(mail_stack)
    context = ssl.create_default_context(cafile=mail_stack["ca"])
    client = smtplib.SMTP_SSL("localhost", mail_stack["submissions"],
                              context=context)
    client.login("sender@example.test", mail_stack["password"])
    client.mail("sender@example.test")
    client.rcpt("alice+control@example.test")
    client.docmd("DATA")
    client.send(SMUGGLED[ENDS.index("\n.\r\n")].replace(
        "fbl@", "alice+control@"))
    client.getreply()
    wait_for(lambda: accepted_by_postfix(mail_stack) == before + 2)
    client.close()


def test_postfix(volley, mail_stack):
    """3.7 with its defaults takes bare line ends."""
    inbox = Inbox(mail_stack, "alice@example.test")
    victim = Inbox(mail_stack, "fbl@example.test")
    before = accepted_by_postfix(mail_stack)
    victims = len(victim.messages())
    account = volley.post("/v1/accounts", {
        "name": "Postfix", "host": "localhost", "tls": "implicit",
        "port": mail_stack["submissions"], "ca_file": mail_stack["ca"],
        "username": "sender@example.test",
        "password": mail_stack["password"]})["id"]
    people = send(volley, account, "alice+smuggled%d@example.test")

    def found():
        mails = [email.message_from_bytes(m, policy=email.policy.default)
                 for m in inbox.messages() if b"alice+smuggled" in m]
        return len(mails) >= len(people) and mails

    mails = wait_for(found)
    assert sorted(m["To"] for m in mails) == sorted(people)
    for message in mails:
        whole_message(message, people.index(message["To"]))
    assert accepted_by_postfix(mail_stack) == before + len(people)
    assert len(victim.messages()) == victims
    inbox.close()
    victim.close()


def test_no_way_in(volley):
    """NUL is no text; a subject, a preheader and a name are one line."""
    bad = f"before{END_WITH_NUL}{SECOND}after"
    good = {"name": "T", "subject": "S", "text": "x"}
    for field in ("subject", "preheader", "html", "text"):
        volley.refused("POST", "/v1/templates", good | {field: bad},
                       status=400)
    volley.refused("PUT", "/v1/contacts/a@example.com",
                   {"attributes": {"bad": bad}}, status=400)
    for bad in SMUGGLED:
        for field in ("name", "subject", "preheader"):
            assert volley.refused("POST", "/v1/templates",
                                  good | {field: bad}) == [field]
        assert volley.refused("PUT", "/v1/contacts/a@example.com",
                              {"name": bad}) == ["name"]
