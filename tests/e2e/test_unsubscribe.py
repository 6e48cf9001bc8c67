"""The unsubscribe link: RFC 8058 for programs, a page for people."""

import html.parser
import itertools
import random
import string
import threading

import pytest
import requests

import given

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PEOPLE = itertools.count(1)


class Mail:
    """One delivery to a new contact on the given lists."""

    def __init__(self, api, lists=1, member_of=None, public=True):
        self.api = api
        self.lists = [given.mailing_list(api, public=public)
                      for _ in range(lists)]
        self.email = f"person{next(PEOPLE)}@example.com"
        self.contact = given.contact(
            api, self.email, *self.lists[:member_of or lists])
        self.campaign = given.frozen(api, [self.contact],
                                     list_ids=self.lists)
        self.delivery = given.delivery_id(self.campaign, 1)
        self.url = f"{api.url}/u/{given.token(api, self.delivery)}"

    def suppressed(self):
        """(list or None, reason), of this person."""
        return self.api.sql(
            "SELECT list_id, reason FROM suppression WHERE email_key = %s"
            " ORDER BY list_id NULLS FIRST", self.email)

    def events(self):
        return self.api.sql("SELECT source, contact_id, list_id, campaign_id,"
                            " data FROM event WHERE kind = 'unsubscribe'"
                            " AND delivery_id = %s", self.delivery)

    def nothing_happened(self):
        return self.suppressed() == [] and self.events() == []


def post(mail, fields, multipart=False, **more):
    body = ({"files": {k: (None, v) for k, v in fields.items()}}
            if multipart else {"data": fields})
    return requests.post(mail.url, allow_redirects=False, timeout=10,
                         **body, **more)


def everything(api):
    """What a request could change."""
    return api.sql("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM"
                   " suppression), (SELECT count(*) FROM membership),"
                   " (SELECT count(*) FROM contact)")


def test_one_click_in_both_encodings(api):
    mail = Mail(api)
    for multipart in (False, True):
        for _ in range(3):
            answer = post(mail, ONE_CLICK, multipart)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
            assert "Location" not in answer.headers
    assert mail.suppressed() == [(mail.lists[0], "unsubscribe")]
    assert mail.events() == [("link", mail.contact, mail.lists[0],
                              mail.campaign, {"all": False,
                                              "one_click": True})]


def test_one_click_as_gmail_sends_it(api):
    mail = Mail(api)
    body = b"List-Unsubscribe=One-Click"
    assert len(body) == 26
    answer = requests.post(mail.url, data=body, timeout=10, headers={
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Gmail", "Cookie": "x=y", "Origin": "null"})
    assert answer.status_code == 200 and len(mail.events()) == 1


def test_many_at_once(api):
    mail = Mail(api)
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(
        post(mail, ONE_CLICK, n % 2 == 0).status_code)) for n in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert codes == [200] * 12
    assert len(mail.suppressed()) == len(mail.events()) == 1


def test_the_lists_of_the_mail(api):
    """Those of the campaign that the person is on; not the others."""
    mail = Mail(api, lists=3, member_of=2)
    elsewhere = given.mailing_list(api)
    given.contact(api, mail.email, elsewhere)
    assert post(mail, {"scope": "list"}).status_code == 200
    assert mail.suppressed() == [(i, "unsubscribe") for i in mail.lists[:2]]
    assert mail.events()[0][4] == {"all": False, "one_click": False}


def test_everything(api):
    mail = Mail(api)
    answer = post(mail, {"scope": "all"})
    assert answer.status_code == 200 and "any of our lists" in answer.text
    assert mail.suppressed() == [(None, "unsubscribe")]
    assert "<form" not in requests.get(mail.url, timeout=10).text


def test_first_the_list_then_everything(api):
    mail = Mail(api)
    post(mail, ONE_CLICK)
    page = requests.get(mail.url, timeout=10).text
    assert "already" in page and 'value="all"' in page
    assert 'value="list"' not in page
    post(mail, {"scope": "all"})
    assert mail.suppressed() == [(None, "unsubscribe"),
                                 (mail.lists[0], "unsubscribe")]
    assert len(mail.events()) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(api, method):
    mail = Mail(api)
    before = everything(api)
    scanner = requests.Session()
    for n in range(500):
        answer = scanner.request(method, mail.url + ("?x=%d" % n) * (n % 2),
                                 timeout=10, headers={
                                     "User-Agent": f"Scanner/{n % 7}"})
        assert answer.status_code == 200 and not answer.cookies
        assert (method == "HEAD") == (answer.content == b"")
    assert everything(api) == before and mail.nothing_happened()


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page(api):
    mail = Mail(api)
    answer = requests.get(mail.url, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script" not in policy and "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    page = Page(answer.text)
    assert not page.all("script") and not page.all("img")
    assert all(not name.startswith("on") for _, attrs in page.tags
               for name in attrs)
    assert [f["method"] for f in page.all("form")] == ["post"]
    assert [b["value"] for b in page.all("button")] == ["list", "all"]
    assert page.all("html") == [{"lang": "en"}]
    assert any(m.get("name") == "viewport" for m in page.all("meta"))
    style = page.all("link")[0]["href"]
    sheet = requests.get(api.url + style, timeout=10)
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in sheet.text


def test_pressing_the_buttons(api):
    """As a browser does it: to where the page came from."""
    mail = Mail(api)
    page = Page(requests.get(mail.url, timeout=10).text)
    assert "action" not in page.all("form")[0]
    button = page.all("button")[0]
    answer = post(mail, {button["name"]: button["value"]})
    assert "are unsubscribed" in answer.text and "already" not in answer.text
    assert mail.suppressed() == [(mail.lists[0], "unsubscribe")]


def test_names_of_lists(api):
    """Of public lists only: others may say more than people should read."""
    name = "A <b>bold</b> & \"quoted\" list"
    mail = Mail(api)
    api.ok("PATCH", f"/v1/lists/{mail.lists[0]}", {"name": name})
    page = requests.get(mail.url, timeout=10).text
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot; list" in page \
        or "A &lt;b&gt;bold&lt;/b&gt; &amp; &#34;quoted&#34; list" in page
    api.ok("PATCH", f"/v1/lists/{mail.lists[0]}", {"public": False})
    page = requests.get(mail.url, timeout=10).text
    assert "bold" not in page and "this mailing list" in page
    assert mail.email not in page


def test_many_lists_are_not_all_named(api):
    mail = Mail(api, lists=6)
    assert "this mailing list" in requests.get(mail.url, timeout=10).text
    post(mail, ONE_CLICK)
    assert len(mail.suppressed()) == 6 and len(mail.events()) == 1


@pytest.mark.parametrize("send", [
    {"data": {}}, {"data": {"scope": "some"}},
    {"data": {"List-Unsubscribe": "Yes"}}, {"json": ONE_CLICK},
    {"data": "List-Unsubscribe=One-Click",
     "headers": {"Content-Type": "text/plain"}},
    {"data": "List%2DUnsubscribe", "headers": {
        "Content-Type": "application/x-www-form-urlencoded"}},
    {"data": "x=%zz&scope", "headers": {
        "Content-Type": "application/x-www-form-urlencoded"}},
    {"data": "--b\r\n\r\nOne-Click\r\n--b--", "headers": {
        "Content-Type": "multipart/form-data; boundary=b"}},
    {"files": {"other": (None, "One-Click")}},
    {"data": b"\xff\xfe\x00", "headers": {
        "Content-Type": "multipart/form-data; boundary=" + "b" * 71}},
])
def test_what_says_nothing_does_nothing(api, send):
    mail = Mail(api)
    answer = requests.post(mail.url, timeout=10, allow_redirects=False, **send)
    assert answer.status_code == 400 and "Please choose" in answer.text
    assert mail.nothing_happened()


def test_a_body_that_is_too_long(api):
    mail = Mail(api)
    for size, status in ((4096, 200), (4097, 413)):
        body = "List-Unsubscribe=One-Click&x=".ljust(size, "y")
        answer = requests.post(mail.url, data=body, timeout=10, headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == status
    answer = requests.post(mail.url, data=b"y" * 2000000, timeout=10)
    assert answer.status_code == 413


def strangers(api, mail):
    """Tokens that we did not make, and one of a delivery that is not."""
    right = mail.url.rsplit("/", 1)[1]
    chance = random.Random(1)
    yield given.token(api, given.delivery_id(mail.campaign, 2))
    yield given.token(api, given.delivery_id(2000000, 1))
    yield right[:-1]
    yield right + "a"
    yield "a" * 34
    yield "%20"
    for n in (0, 3, 12, 20, 33):
        yield right[:n] + ("a" if right[n] != "a" else "b") + right[n + 1:]
    for _ in range(50):
        yield "".join(chance.choices(string.ascii_lowercase + "234567", k=34))


def test_strangers_learn_nothing(api):
    mail = Mail(api)
    seen = set()
    for text in strangers(api, mail):
        url = f"{api.url}/u/{text}"
        get = requests.get(url, timeout=10)
        sent = requests.post(url, data=ONE_CLICK, timeout=10)
        empty = requests.post(url, timeout=10)
        for answer in (get, sent, empty):
            headers = {k: v for k, v in answer.headers.items() if k != "Date"}
            seen.add((answer.status_code, answer.text, str(headers)))
    assert len(seen) == 1 and seen.pop()[0] == 404
    assert mail.nothing_happened()


def test_letter_case_does_not_matter(api):
    mail = Mail(api)
    upper = f"{api.url}/u/{mail.url.rsplit('/', 1)[1].upper()}"
    assert requests.post(upper, data=ONE_CLICK, timeout=10).status_code == 200
    assert len(mail.events()) == 1


def test_a_test_message(api):
    mail = Mail(api)
    token = given.token(api, given.delivery_id(mail.campaign, 0))
    before = everything(api)
    for answer in (requests.get(f"{api.url}/u/{token}", timeout=10),
                   requests.post(f"{api.url}/u/{token}", data=ONE_CLICK,
                                 timeout=10)):
        assert answer.status_code == 200 and "a test" in answer.text
        assert "<form" not in answer.text
    assert everything(api) == before


def test_old_links_work(api):
    """A link of 400 days ago, its campaign and one of its lists long gone."""
    mail = Mail(api, lists=2)
    token = given.token(api, mail.delivery, day=12345)
    api.sql("DELETE FROM campaign WHERE id = %s", mail.campaign)
    api.sql("DELETE FROM list WHERE id = %s", mail.lists[1])
    url = f"{api.url}/u/{token}"
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.post(url, data=ONE_CLICK, timeout=10).status_code == 200
    # through which list the mail went stands in the delivery
    own = api.value("SELECT list_id FROM delivery WHERE id = %s", mail.delivery)
    assert mail.suppressed() == [(own, "unsubscribe")]


def test_who_was_erased_is_unsubscribed(api):
    mail = Mail(api)
    api.ok("DELETE", f"/v1/contacts/{mail.email}", status=204)
    before = everything(api)
    assert "are unsubscribed" in requests.get(mail.url, timeout=10).text
    assert post(mail, ONE_CLICK).status_code == 200
    assert everything(api) == before


def test_other_reasons_stay_apart(api):
    """A bounce or a note of ours is no opt-out, and an opt-out adds to it."""
    mail = Mail(api)
    api.post("/v1/suppressions", {"email": mail.email, "reason": "hard_bounce"})
    assert 'value="list"' in requests.get(mail.url, timeout=10).text
    post(mail, ONE_CLICK)
    assert mail.suppressed() == [(None, "hard_bounce"),
                                 (mail.lists[0], "unsubscribe")]


def test_an_import_brings_nobody_back(api):
    mail = Mail(api)
    post(mail, ONE_CLICK)
    lists = api.get(f"/v1/contacts/{mail.email}")["lists"]
    assert lists[0]["status"] == "unsubscribed"
    given.contact(api, mail.email, *mail.lists)
    assert api.get(f"/v1/contacts/{mail.email}")["lists"] == lists


def test_other_methods(api):
    mail = Mail(api)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = requests.request(method, mail.url, timeout=10)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert mail.nothing_happened()


def test_the_report_counts_people(api):
    mail = Mail(api)
    for _ in range(3):
        post(mail, ONE_CLICK)
    post(mail, {"scope": "all"})
    assert api.get(f"/v1/campaigns/{mail.campaign}/report")["unsubscribes"] == 1


def test_tokens_are_in_no_log(api):
    mail = Mail(api)
    requests.get(mail.url, timeout=10)
    post(mail, ONE_CLICK)
    assert mail.url.rsplit("/", 1)[1] not in api.log()
