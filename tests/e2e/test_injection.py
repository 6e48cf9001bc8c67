"""Nothing that people type becomes a header field, a command or a recipient.

Every payload goes through every place that takes text.  It is refused with a
problem that names the field, or it arrives as the text that it is."""

import csv
import io
import re
import urllib.parse

import pytest

import arrived
import given
from payloads import (BAD_ADDRESSES, MARKED, NO_TEXT, ODD_ADDRESSES, PAYLOADS,
                      UNSEEN)
from recorder import Recorder
from whole import Whole, wait_for

SUBJECT = "S[{{ bad }}] of {{ campaign.name }}"
TEXT = "T[{{ bad }}]\nN[{{ contact.name }}]\nL[{{ list.name }}]\n{{ unsubscribe_url }}"
HTML = """<html><body><p id="t">{{ bad }}</p>
<p id="a" title="{{ bad }}">x</p><p id='b' title='{{ bad }}'>x</p>
<a id="u" href="https://example.com/?q={{ bad | url_encode }}">x</a>
<p id="n">{{ contact.name }}</p></body></html>"""


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres, roles=("sender",)).start()
    yield v
    v.stop()


@pytest.fixture
def recorder():
    server = Recorder()
    yield server
    server.stop()


def as_csv(rows):
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def refuses_json(volley, method, path, body):
    volley.refused(method, path, status=400, data=body,
                   headers={"Content-Type": "application/json"})


def refused_rows(volley, done):
    """line -> the field that the reason names"""
    errors = volley.get(f"/v1/imports/{done['id']}/errors?limit=500")["data"]
    assert len(errors) == done["rejected"]
    for e in errors:
        assert not UNSEEN.search(e["reason"])
    return {e["line"]: e["reason"].split(":")[0] for e in errors}


def all_arrived(recorder, count):
    wait_for(lambda: len(recorder.messages) >= count, 60)
    by_recipient = {}
    for m in recorder.messages:
        to = m.rcpt[0].removeprefix(b"RCPT TO:<").removesuffix(b">").decode()
        assert to not in by_recipient
        by_recipient[to] = m
    assert len(by_recipient) == count
    arrived.commands_are_ours(recorder)
    return by_recipient


def check_contact(m, to, name, bad):
    """The message of a contact with that name and that attribute."""
    message = arrived.parse(m.data)
    arrived.addressed(message, m, to)
    assert arrived.squeezed(message["To"].addresses[0].display_name) \
        == arrived.squeezed(name)
    assert arrived.squeezed(message["Subject"]).startswith(
        arrived.squeezed(f"S[{bad}] of "))
    lines = bad.replace("\r\n", "\n").replace("\r", "\n")
    assert arrived.text_of(message).startswith(f"T[{lines}]\nN[{name}]\n")
    page = arrived.Html(message)
    seen = [tag for tag, _ in page.tags]
    assert seen == ["html", "body", "p", "p", "p", "a", "p"]
    assert page.text["t"] == lines
    assert page.text.get("n", "") == name
    for where in "ab":
        assert page.attributes[where]["title"] == lines
    assert page.attributes["u"]["href"].startswith("https://example.com/?q=")
    assert urllib.parse.unquote_plus(
        page.attributes["u"]["href"].partition("?q=")[2]) == bad


def template(volley):
    return volley.post("/v1/templates", {
        "name": "T", "subject": SUBJECT, "html": HTML, "text": TEXT})["id"]


def test_fields_of_csv(volley, recorder):
    list_id = given.mailing_list(volley)
    rows, wanted, line = [["email", "name", "bad"]], {}, 2
    refused = {}
    for n, bad in enumerate(PAYLOADS.values()):
        for where, row in (("name", [f"n{n}@a.example.com", bad, "x"]),
                           ("bad", [f"v{n}@b.example.com", "Ann", bad])):
            rows.append(row)
            if "\0" in bad:
                refused[line] = where
            elif where == "name" and UNSEEN.search(bad):
                refused[line] = "name"
            else:
                wanted[row[0]] = row[1:]
            line += 1 + len(re.findall("\r\n|\r|\n", bad))
    done = volley.import_csv(list_id, as_csv(rows))
    assert done["state"] == "done"
    assert refused_rows(volley, done) == refused
    c = volley.launch([list_id], [volley.plain_account(recorder.port)],
                      template(volley))
    messages = all_arrived(recorder, len(wanted))
    for to, (name, bad) in wanted.items():
        check_contact(messages[to], to, name, bad)
    assert volley.wait_finished(c)["accepted"] == len(wanted)


def long_lines(volley, list_id):
    """S-003: without a blank to break them at, or with nothing but blanks."""
    wanted = {}
    for n, bad in enumerate(("x" * 6000, "ä" * 2000, " ." * 2000 + ".",
                             ".\n" * 1000 + ".", "=" * 2000, "\t" * 999 + "x",
                             "From x\nFrom y", "健" * 1200)):
        wanted[f"long{n}@c.example.com"] = ("Ann", bad)
        volley.ok("PUT", f"/v1/contacts/long{n}@c.example.com", {
            "name": "Ann", "attributes": {"bad": bad}, "lists": [list_id]}, 201)
    return wanted


def test_fields_of_a_contact(volley, recorder):
    list_id = given.mailing_list(volley)
    wanted = {}
    for n, bad in enumerate(PAYLOADS.values()):
        for where, body in (("name", {"name": bad, "attributes": {"bad": "x"}}),
                            ("attributes", {"name": "Ann",
                                            "attributes": {"bad": bad}})):
            to = f"{where}{n}@c.example.com"
            path = f"/v1/contacts/{to}"
            body["lists"] = [list_id]
            if "\0" in bad:
                volley.refused("PUT", path, body, status=400)
            elif where == "name" and UNSEEN.search(bad):
                assert volley.refused("PUT", path, body) == ["name"]
            else:
                volley.call("PUT", path, body)
                wanted[to] = (body["name"], body["attributes"]["bad"])
    wanted |= long_lines(volley, list_id)
    volley.launch([list_id], [volley.plain_account(recorder.port)],
                  template(volley))
    messages = all_arrived(recorder, len(wanted))
    for to, (name, bad) in wanted.items():
        check_contact(messages[to], to, name, bad)


def test_addresses_of_csv(volley, recorder):
    list_id = given.mailing_list(volley)
    rows = [["email"]] + [[a] for a in BAD_ADDRESSES + ODD_ADDRESSES]
    done = volley.import_csv(list_id, as_csv(rows))
    refused = refused_rows(volley, done)
    assert done["rejected"] == len(BAD_ADDRESSES), done
    assert set(refused.values()) == {"email"}
    volley.launch([list_id], [volley.plain_account(recorder.port)])
    messages = all_arrived(recorder, len(ODD_ADDRESSES))
    for to in ODD_ADDRESSES:
        message = arrived.parse(messages[to].data, international=not to.isascii())
        arrived.addressed(message, messages[to], to)


def test_what_is_no_text(volley, recorder):
    list_id = given.mailing_list(volley)
    rows = [b"email,name,bad", b"good@a.example.com,Ann,x"]
    for n, bad in enumerate(NO_TEXT):
        rows += [b"n%d@a.example.com,%s,x" % (n, bad),
                 b"v%d@a.example.com,Ann,%s" % (n, bad),
                 bad + b"@a.example.com,Ann,x"]
        for body in (b'{"name":"%s"}', b'{"attributes":{"bad":"%s"}}',
                     b'{"attributes":{"%s":"x"}}'):
            refuses_json(volley, "PUT", "/v1/contacts/a@example.com", body % bad)
        refuses_json(volley, "POST", "/v1/lists", b'{"name":"%s"}' % bad)
    for lone in ("\\ud800", "\\udc00x", "\\ud800\\u0041", "\\u0000"):
        refuses_json(volley, "PUT", "/v1/contacts/a@example.com",
                     '{"attributes":{"bad":"%s"}}' % lone)
    done = volley.import_csv(list_id, b"\n".join(rows), "?encoding=utf-8")
    assert (done["inserted"], done["rejected"]) == (1, 3 * len(NO_TEXT))
    assert set(refused_rows(volley, done).values()) == {"email", "name", "bad"}
    volley.launch([list_id], [volley.plain_account(recorder.port)],
                  template(volley))
    check_contact(all_arrived(recorder, 1)["good@a.example.com"],
                  "good@a.example.com", "Ann", "x")


@pytest.mark.parametrize("address", BAD_ADDRESSES + [
    "a@b.example\n", " a@b.example", "a@b.example\t", "<>", ""])
def test_addresses_of_requests(volley, address):
    contact = volley.call("PUT", "/v1/contacts/" + urllib.parse.quote(
        address, safe=""), {"name": "x"})
    assert contact.status_code in (400, 404, 422), contact.text
    draft = {"name": "C", "from": given.FROM}
    for field, body in (("from.email", {"from": {"email": address}}),
                        ("reply_to", {"reply_to": address}),
                        ("return_path", {"return_path": address})):
        problem = volley.call("POST", "/v1/campaigns", draft | body)
        if "\0" in address:
            assert problem.status_code == 400
        else:
            assert problem.status_code == 422
            assert [e["field"] for e in problem.json()["errors"]] == [field]


class AsciiOnly(Recorder):
    capabilities = tuple(w for w in Recorder.capabilities if w != "SMTPUTF8")


def test_an_international_address_at_an_old_server(volley):
    """S-024: it fails, and nobody else is touched."""
    server = AsciiOnly()
    people = ["before@e.example.com", "Ümläut@e.example.com",
              "later@e.example.com"]
    c = volley.launch([volley.people(people)],
                      [volley.plain_account(server.port)])
    report = volley.wait_finished(c)
    assert (report["accepted"], report["failed"]) == (2, 1)
    failed, = volley.get(f"/v1/campaigns/{c}/deliveries?state=failed")["data"]
    assert failed["email"] == people[1]
    assert failed["outcome"]["status"] == "5.6.7"
    assert server.all_bytes().isascii()
    assert b"mlaut" not in server.all_bytes()
    server.stop()


def whole_names(volley, bad):
    """Lists and campaigns named so; None where that is refused."""
    made = volley.call("POST", "/v1/lists", {"name": bad})
    if made.status_code == 422:
        assert [e["field"] for e in made.json()["errors"]] == ["name"]
        assert UNSEEN.search(bad)
        return None
    assert not UNSEEN.search(bad), bad
    return made.json()["id"]


def test_names_of_lists_campaigns_and_senders(volley, recorder):
    account, t = volley.plain_account(recorder.port), template(volley)
    wanted = {}
    for n, bad in enumerate(PAYLOADS.values()):
        draft = {"name": bad, "from": given.FROM | {"name": bad}}
        if "\0" in bad:
            volley.refused("POST", "/v1/lists", {"name": bad}, status=400)
            volley.refused("POST", "/v1/campaigns", draft, status=400)
            continue
        list_id = whole_names(volley, bad)
        if list_id is None:
            assert volley.refused("POST", "/v1/campaigns", draft) \
                == ["name", "from.name"]
            continue
        if MARKED.search(bad):
            assert volley.refused("POST", "/v1/campaigns", draft) \
                == ["from.name"]
            draft["from"] = given.FROM
        to = f"person{n}@names.example.com"
        volley.people([to], list_id)
        volley.launch([list_id], [account], t, **draft)
        wanted[to] = (bad, draft["from"]["name"], list_id)
    assert len(wanted) > 10
    messages = all_arrived(recorder, len(wanted))
    for to, (bad, sender, list_id) in wanted.items():
        message = arrived.parse(messages[to].data)
        arrived.addressed(message, messages[to], to)
        assert arrived.squeezed(message["Subject"]) \
            == arrived.squeezed("S[] of " + bad)
        author = message["From"].addresses[0]
        assert author.addr_spec == given.FROM["email"]
        assert arrived.squeezed(author.display_name) \
            == arrived.squeezed(sender)
        assert message["List-Id"].endswith(f"<list-{list_id}.example.com>")
        assert message["List-Id"].count("<list-") == 1
        assert f"\nL[{bad}]\n" in arrived.text_of(message)


def test_sources_of_templates(volley):
    """The line of a subject stays one line; the rest may have many."""
    for bad in PAYLOADS.values():
        for field in ("name", "subject", "preheader", "html", "text"):
            body = {"name": "T", "subject": "S", "text": "x"} | {field: bad}
            made = volley.call("POST", "/v1/templates", body)
            if "\0" in bad:
                assert made.status_code == 400
                continue
            fields = [e["field"] for e in made.json().get("errors", [])]
            if field in ("name", "subject", "preheader") and UNSEEN.search(bad):
                assert fields == [field]
            elif MARKED.search(bad) and field != "name":
                assert fields == [field] and made.status_code == 422
            else:
                assert made.status_code == 201, made.text


@pytest.mark.parametrize("to", [a for a in BAD_ADDRESSES if "\0" not in a])
def test_other_places_for_addresses(volley, to):
    c = given.campaign(volley)["id"]
    assert volley.refused("POST", f"/v1/campaigns/{c}/test", {"to": [to]}) \
        == ["to"]
    assert volley.refused("POST", "/v1/suppressions", {"email": to}) \
        == ["email"]


def attach(volley, t, name, kind="application/pdf", content_id=None):
    query = {"name": name} | ({"content_id": content_id} if content_id else {})
    return volley.call(
        "POST", f"/v1/templates/{t}/attachments?" + urllib.parse.urlencode(query),
        data=b"%PDF", headers={"Content-Type": kind})


def file_name_is_fine(name):
    return not UNSEEN.search(name) and not re.search(r'[/\\"]', name) \
        and len(name.encode()) <= 200


def test_names_of_files(volley, recorder):
    """Refused, or read back as they were; ten to a message."""
    templates, fine = [], []
    for name in PAYLOADS.values():
        if len(fine) % 10 == 0:
            templates.append(template(volley))
            assert attach(volley, templates[-1], "x.pdf").status_code == 201
            fine.append("x.pdf")
        made = attach(volley, templates[-1], name)
        if file_name_is_fine(name):
            assert made.status_code == 201, (name, made.text)
            fine.append(name)
        else:
            assert made.status_code in (400, 422), (name, made.text)
    read = []
    for n, t in enumerate(templates):
        recorder.messages.clear()
        to = f"files{n}@files.example.com"
        volley.launch([volley.people([to])],
                      [volley.plain_account(recorder.port)], t)
        m = all_arrived(recorder, 1)[to]
        message = arrived.parse(m.data)
        arrived.addressed(message, m, to)
        for part in message.iter_attachments():
            assert sorted(part.keys()) == ["Content-Disposition",
                                           "Content-Transfer-Encoding",
                                           "Content-Type"]
            assert part.get_content_type() == "application/pdf"
            read.append(part["Content-Disposition"].params["filename"])
    assert len(fine) > 5 and sorted(read) == sorted(fine)


def test_types_and_content_ids_of_files(volley):
    t = template(volley)
    for bad in PAYLOADS.values():
        if not UNSEEN.search(bad) and bad.isascii():
            made = attach(volley, t, "a.pdf", kind=bad)
            assert made.status_code in (400, 415, 422), (bad, made.text)
        made = attach(volley, t, "a.pdf", content_id=bad)
        assert made.status_code in (400, 422), (bad, made.text)
    assert volley.get(f"/v1/templates/{t}/attachments")["data"] == []
