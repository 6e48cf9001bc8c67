"""Forms and double opt-in: who is asked, how often, and what confirms
(P-004, X-008, X-009)."""

import email
import email.policy
import itertools
import os
import re
import signal
import threading

import pytest
import requests

import given
import signing
from sending import wait_for
from server import Server

ADDRESSES = itertools.count(1)


@pytest.fixture(scope="module")
def api(postgres):
    """Behind a proxy, so that visitors may come from anywhere."""
    server = Server(postgres.create(),
                    {"VOLLEY_PROXIES": "127.0.0.1"}).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def letters(api):
    return signing.double_list(api)


def person():
    return f"p{next(ADDRESSES)}@example.com"


def visitor(n):
    return {"X-Forwarded-For": f"198.51.{n // 250}.{n % 250 + 1}"}


def everything(api):
    return api.sql("SELECT (SELECT count(*) FROM contact),"
                   " (SELECT count(*) FROM membership),"
                   " (SELECT count(*) FROM confirmation),"
                   " (SELECT count(*) FROM consent),"
                   " (SELECT count(*) FROM suppression),"
                   " (SELECT count(*) FROM event),"
                   " (SELECT count(*) FROM confirmation WHERE confirmed_at"
                   "  IS NOT NULL)")


def asked(api, letters, email=None):
    """A person who has been asked, and the link."""
    email = email or person()
    signing.sign_up(api, letters, email, headers=visitor(next(ADDRESSES)))
    signing.give(api)
    return email, signing.links(api, email)[-1]


def test_from_the_form_to_the_list(api, letters):
    email = person()
    page = requests.get(f"{api.url}/f/{letters['public_id']}", timeout=10)
    assert letters["name"] in page.text and "Set-Cookie" not in page.headers
    signing.sign_up(api, letters, email, "Ann", headers=visitor(1))
    assert signing.standing(api, email, letters["id"]) == "unconfirmed"
    signing.give(api)
    link, = signing.links(api, email)
    assert "<form" in requests.get(link, timeout=10).text
    assert signing.standing(api, email, letters["id"]) == "unconfirmed"
    for _ in range(2):
        assert "You are subscribed" in requests.post(link, timeout=10).text
    assert signing.standing(api, email, letters["id"]) == "subscribed"
    rows = api.get(f"/v1/contacts/{email}/consents")["data"]
    assert [(r["action"], r["method"], r["source"], r["network"])
            for r in rows] == [
        ("asked", "admin", "form", "198.51.0.0/24"),
        ("given", "double", "confirm", None)]
    assert all(letters["name"] in r["text"] for r in rows)
    assert api.get(f"/v1/contacts/{email}")["name"] == "Ann"


def test_a_thousand_scanners_confirm_nothing(api, letters):
    _, link = asked(api, letters)
    before = everything(api)
    session = requests.Session()
    for n in range(500):
        for method in ("GET", "HEAD"):
            r = session.request(method, link + "?x" * (n % 2), timeout=10,
                                headers={"User-Agent": f"Scanner/{n % 7}"})
            assert r.status_code == 200 and not r.cookies
    for n in range(20):
        session.get(f"{api.url}/f/{letters['public_id']}", timeout=10)
    assert everything(api) == before


def test_ten_thousand_posts_for_one_address_are_one_mail(api, letters):
    """A hundred by HTTP, the rest by the statement behind it."""
    email = person()
    for n in range(100):
        signing.sign_up(api, letters, email, headers=visitor(1000 + n))
    api.sql("SELECT sign_up(%s, %s, %s, '', NULL) FROM generate_series(1, 9900)",
            letters["public_id"], email, email)
    signing.give(api)
    signing.give(api)
    assert len(signing.links(api, email)) == 1 and signing.waiting(api) == 0


def test_many_at_once_for_one_address(api, letters):
    email, codes = person(), []

    def post(n):
        codes.append(signing.sign_up(api, letters, email, headers=visitor(
            2000 + n)).status_code)
    threads = [threading.Thread(target=post, args=(n,)) for n in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert codes == [200] * 12 and signing.waiting(api) == 1
    signing.give(api)


def test_three_without_an_answer_at_most(api, letters):
    email, _ = asked(api, letters)
    for n in range(5):
        api.sql("UPDATE confirmation SET sent_at = sent_at - interval '25 h'")
        api.sql("UPDATE confirmation_day SET day = day - 1")
        signing.sign_up(api, letters, email, headers=visitor(3000 + n))
        signing.give(api)
    assert len(signing.links(api, email)) == 3


def test_one_a_day_whatever_the_list(api, letters):
    other = signing.double_list(api)
    email, _ = asked(api, letters)
    signing.sign_up(api, other, email, headers=visitor(4000))
    due = signing.query("due", "'{}'")
    assert not api.sql(due), "two mails within 24 hours"
    api.sql("UPDATE confirmation SET sent_at = sent_at - interval '25 h'")
    assert api.sql(due)[0][0] == other["id"]
    api.sql("DELETE FROM confirmation WHERE delivery_id IS NULL")


@pytest.mark.parametrize("headers", [
    [{"X-Forwarded-For": "203.0.113.7"}],
    [{"X-Forwarded-For": f"2001:db8:1:2::{n:x}"} for n in range(1, 22)]])
def test_twenty_an_hour_from_one_place(api, letters, headers):
    for n in range(20):
        signing.sign_up(api, letters, person(), headers=headers[n % len(headers)])
    before = everything(api)
    r = signing.sign_up(api, letters, person(), status=429,
                        headers=headers[-1])
    assert r.headers["Retry-After"] == "3600" and everything(api) == before
    api.sql("UPDATE sign_up_source SET times = ARRAY(SELECT t - interval"
            " '61 min' FROM unnest(times) t)")
    signing.sign_up(api, letters, person(), headers=headers[-1])
    signing.give(api)


def test_only_forms_that_are_open(api, letters):
    """Private, closed, unknown and strange ones: 404, rows 0."""
    private = signing.double_list(api, public=False)
    closed = signing.double_list(api, forms=False)
    before = everything(api)
    for form in (private["public_id"], closed["public_id"], str(letters["id"]),
                 "00000000-0000-4000-8000-000000000000", "x", "%27", "%00",
                 letters["public_id"].upper(), letters["public_id"][:-1]):
        url = f"{api.url}/f/{form}"
        for answer in (requests.get(url, timeout=10), requests.post(
                url, data={"email": person()}, timeout=10)):
            assert answer.status_code == 404, form
    assert everything(api) == before


def test_the_same_answer_whoever_it_is(api, letters):
    member, _ = asked(api, letters)
    requests.post(signing.links(api, member)[0], timeout=10)
    erased, blocked, left = person(), person(), person()
    for email in (erased, blocked, left):
        given.contact(api, email, letters["id"])
    api.ok("DELETE", f"/v1/contacts/{erased}", status=204)
    for reason in ("complaint", "hard_bounce", "manual"):
        api.post("/v1/suppressions", {"email": blocked, "reason": reason},
                 201)
    api.sql("DELETE FROM confirmation")
    before = everything(api)
    texts = {signing.sign_up(api, letters, email, headers=visitor(5000 + n)).text
             for n, email in enumerate((member, erased, blocked))}
    assert everything(api) == before, "nobody of these is to be asked"
    texts.add(signing.sign_up(api, letters, person(),
                              headers=visitor(5100)).text)
    assert len(texts) == 1
    signing.give(api)


def test_who_left_comes_back_by_confirming(api, letters):
    """And stays off the other lists, if it was all of them."""
    other = given.mailing_list(api)
    email, link = asked(api, letters)
    requests.post(link, timeout=10)
    given.contact(api, email, other)
    api.post("/v1/suppressions", {"email": email, "reason": "unsubscribe"})
    api.sql("UPDATE confirmation SET sent_at = sent_at - interval '25 h'")
    api.sql("UPDATE confirmation_day SET day = day - 1")
    requests.post(link, timeout=10)  # the old link does not bring back
    assert signing.standing(api, email, letters["id"]) == "subscribed"
    assert api.get(f"/v1/contacts/{email}")["suppressions"]
    _, link = asked(api, letters, email)
    requests.post(link, timeout=10)
    doc = api.get(f"/v1/contacts/{email}")
    assert [(s["reason"], s["list_id"]) for s in doc["suppressions"]] == [
        ("unsubscribe", other)]
    actions = [r["action"] for r in api.get(
        f"/v1/contacts/{email}/consents")["data"]]
    assert actions[-3:] == ["withdrawn", "restored", "given"]


def test_links_that_are_old_foreign_or_guessed(api, letters):
    email, link = asked(api, letters)
    c = given.frozen(api, [given.contact(api, person(), letters["id"])])
    foreign = given.token(api, given.delivery_id(c, 1))
    token = link.rsplit("/", 1)[1]
    before = everything(api)
    for n, letter in enumerate(token[:30]):
        guess = token[:n] + ("a" if letter != "a" else "b") + token[n + 1:]
        assert requests.post(f"{api.url}/confirm/{guess}", timeout=10
                             ).status_code == 404
    assert requests.post(f"{api.url}/confirm/{foreign}", timeout=10
                         ).status_code == 404
    api.sql("UPDATE confirmation SET sent_at = now() - interval '7 d 1 min'")
    for r in (requests.get(link, timeout=10), requests.post(link, timeout=10)):
        assert r.status_code == 410 and letters["public_id"] in r.text
    assert everything(api) == before
    assert signing.standing(api, email, letters["id"]) == "unconfirmed"


def test_the_trap_and_what_is_no_address(api, letters):
    before = everything(api)
    answer = signing.sign_up(api, letters, person(), headers=visitor(6000),
                             data={"website": "https://spam.example.com"})
    assert "look into your mailbox" in answer.text
    for wrong in ("", "x", "a@b@example.com", "a b@example.com", "<x>@",
                  "x@" + "y" * 400, "x@example.com\r\nBcc: y@example.com"):
        signing.sign_up(api, letters, wrong, status=400)
    r = requests.post(f"{api.url}/f/{letters['public_id']}", timeout=10,
                      data={"email": person(), "x": "y" * 5000})
    assert r.status_code == 413 and everything(api) == before


def test_lists_with_single_opt_in(api):
    here = api.post("/v1/lists", {
        "name": "Single", "public": True, "forms": True,
        "form_text": "I agree to <b>everything</b>."})
    email = person()
    page = requests.get(f"{api.url}/f/{here['public_id']}", timeout=10).text
    assert "I agree to &lt;b&gt;everything&lt;/b&gt;." in page
    for _ in range(2):
        r = signing.sign_up(api, here, email, headers=visitor(7000))
        assert "Thank you" in r.text
    row, = api.get(f"/v1/contacts/{email}/consents")["data"]
    assert (row["action"], row["method"], row["text"]) == (
        "given", "single", here["form_text"])
    # who has left does not come back without a mail that asks
    api.post("/v1/suppressions", {"email": email, "list_id": here["id"],
                                  "reason": "unsubscribe"})
    signing.sign_up(api, here, email, headers=visitor(7000))
    assert signing.standing(api, email, here["id"]) == "unsubscribed"
    api.sql("DELETE FROM confirmation")


def test_languages(api, letters):
    words = {"de-CH,de;q=0.9": ('lang="de"', "Anmelden"),
             "xx, fr;q=0.8": ('lang="fr"', "S’abonner"),
             "ES": ('lang="es"', "Suscribirme"),
             "zz": ('lang="en"', "Subscribe"), ",;,-": ('lang="en"',)}
    for asked_for, expected in words.items():
        page = requests.get(f"{api.url}/f/{letters['public_id']}", timeout=10,
                            headers={"Accept-Language": asked_for})
        page.encoding = "utf-8"
        assert all(word in page.text for word in expected), asked_for


def test_added_by_the_api_is_asked_too(api, letters):
    email = person()
    given.contact(api, email, letters["id"])
    given.contact(api, email, letters["id"])
    assert signing.waiting(api) == 1
    signing.give(api)
    requests.post(signing.links(api, email)[0], timeout=10)
    assert signing.standing(api, email, letters["id"]) == "subscribed"


def test_the_draft_that_asks(api):
    here = signing.double_list(api)
    path = f"/v1/lists/{here['id']}"
    draft = here["confirmation_campaign_id"]
    plain = given.campaign(api)["id"]
    assert api.refused("PATCH", path, {"confirmation_campaign_id": plain}) \
        == ["confirmation_campaign_id"]
    assert api.refused("PATCH", path, {"confirmation_campaign_id": 9999}) \
        == ["confirmation_campaign_id"]
    given.set_status(api, draft, "finished")
    assert api.refused("PATCH", path, {"confirmation_campaign_id": draft})
    assert api.ok("PATCH", path, {"name": "Other name"})[
        "confirmation_campaign_id"] == draft
    assert api.ok("PATCH", path, {"confirmation_campaign_id": None})[
        "confirmation_campaign_id"] is None


PAYLOADS = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
            "'-alert(1)-'", "{{ 7 | times: 6 }}", "</title><svg onload=alert(1)>",
            "javascript:alert(1)", "&lt;script&gt;", "%s%s%n"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_it_becomes_markup(api, payload):
    here = signing.double_list(api)
    api.ok("PATCH", f"/v1/lists/{here['id']}", {
        "name": payload + str(here["id"]), "form_text": payload})
    email, link = asked(api, here)
    url = f"{api.url}/f/{here['public_id']}"
    pages = [requests.get(url, timeout=10), requests.get(link, timeout=10),
             requests.post(url, timeout=10, data={
                 "email": payload, "name": payload}),
             requests.post(link, timeout=10)]
    for page in pages:
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for tag in ("<script", "<img", "<svg", "42"):
            assert tag not in page.text.replace(str(here["id"]), "")


def real_list(sending, sink):
    # its own rows have numbers that nobody has counted
    sending.sql("SELECT setval('list_id_seq', 9), setval('template_id_seq', 9)")
    return signing.double_list(sending.api(), sink.port)


def links_in(folder):
    """By recipient, where the mails say that one confirms."""
    for path in folder.glob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes(),
                                        policy=email.policy.default)
        html = mail.get_body(("html",)).get_content()
        yield mail["To"].addresses[0].addr_spec, re.search(
            r'href="https://news.example.com(/confirm/[a-z2-7]{34})"',
            html).group(1)


def test_sent_and_confirmed(sending, tmp_path):
    """By a real sender: the mail of the form, the link in it."""
    api, sink = sending.api(), sending.sink("--dump", str(tmp_path))
    here = real_list(sending, sink)
    for n in range(5):
        signing.sign_up(api, here, f"s{n}@example.com", f"S{n}")
    sending.sender()
    wait_for(lambda: len(sink.copies()) == 5)
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM campaign WHERE purpose = 'confirmation'"
        " AND status = 'finished' AND audience = 5") == 1)
    for n in range(5, 8):  # the same day, the same campaign
        signing.sign_up(api, here, f"s{n}@example.com", f"S{n}")
    wait_for(lambda: len(sink.copies()) == 8)
    assert set(sink.copies().values()) == {1}
    assert sending.value("SELECT count(*) FROM campaign"
                         " WHERE purpose = 'confirmation'") == 1
    links = dict(links_in(tmp_path))
    assert len(links) == 8
    for path in links.values():
        assert requests.post(api.url + path, timeout=10).ok
    assert sending.value("SELECT count(*) FROM membership"
                         " WHERE status = 'subscribed'") == 8


def kill_all(sending):
    for process in sending.processes:
        if process.poll() is None:
            for pid in sending.children(process) + [process.pid]:
                os.kill(pid, signal.SIGKILL)
            process.wait()


def test_killed_in_between(sending):
    """kill -9 of everything that sends while it does: nobody is missed,
    nobody is asked twice."""
    sending.kills = True
    sink = sending.sink("--delay-ms", "50")
    here = real_list(sending, sink)
    for n in range(5):
        seen = len(sink.copies())
        sending.sql("SELECT sign_up(%s, a, a, '', NULL) FROM (SELECT 'k' || n ||"
                    " '@example.com' AS a FROM generate_series(%s, %s) n) x",
                    here["public_id"], n * 20 + 1, n * 20 + 20)
        sending.sender()
        wait_for(lambda s=seen: len(sink.copies()) > s)
        kill_all(sending)
    sending.sender()
    wait_for(lambda: sum(sending.states().values()) == 100 and
             "pending" not in sending.states(), 90)
    states = sending.states()
    assert set(sink.copies().values()) == {1}, "somebody was asked twice"
    assert states.get("accepted", 0) + states.get("uncertain", 0) == 100
    assert len(sink.copies()) >= states["accepted"]
