"""Links, pixels and pages of mails that were really sent."""

import concurrent.futures
import random
import re
import urllib.parse

import pytest
import requests

import arrived
import given
from recorder import Recorder
from whole import Whole, wait_for

POSTAL = "Example Ltd, 1 Main Street, Springfield"
HTML = """<html><body><p>Hello {{ contact.name }}</p>
<a id="one" href="https://shop.example.com/a?b=1&amp;c=2">one</a>
<a id="two" href="https://shop.example.com/{{ city }}?n={{ name }}">two</a>
<a id="again" href="https://shop.example.com/a?b=1&amp;c=2">again</a>
<a id="off" data-volley-track="off" href="https://shop.example.com/off">off</a>
<a id="mail" href="mailto:a@example.com">mail</a>
<a id="leave" href="{{ unsubscribe_url }}">leave</a>
<a id="prefs" href="{{ preferences_url }}">lists</a>
<a id="view" href="{{ view_in_browser_url }}">view</a>
<p id="foot">{{ postal_address }}</p></body></html>"""


class Narrow(Recorder):
    """Takes no bytes over 127."""

    def offers(self, c):
        return [word for word in super().offers(c) if word != "8BITMIME"]


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres, VOLLEY_POSTAL_ADDRESS=POSTAL).start()
    yield v
    v.stop()


def template(volley, html=HTML, **parts):
    return volley.post("/v1/templates", {
        "name": "T", "subject": "S", "html": html, **parts})["id"]


def people(volley, rows, columns="email,name,city"):
    list_id = given.mailing_list(volley)
    done = volley.import_csv(list_id, "\n".join([columns, *rows]).encode())
    assert done["state"] == "done" and done["rejected"] == 0, done
    return list_id


def send(volley, rows, parts=None, wide=True, **more):
    """A finished campaign: its id, its messages by recipient, its report."""
    server = Recorder() if wide else Narrow()
    columns = more.pop("columns", "email,name,city")
    account = volley.plain_account(server.port, **more.pop("account", {}))
    c = volley.launch([people(volley, rows, columns)], [account],
                      template(volley, **(parts or {})), **more)
    report = volley.wait_finished(c)
    mails = {m.rcpt[0].decode().split("<")[1].rstrip(">"): m.data
             for m in server.messages}
    server.stop()
    return c, mails, report


def parse(data):
    import email
    import email.policy
    return email.message_from_bytes(data, policy=email.policy.default)


def links(data):
    page = arrived.Html(parse(data))
    return {k: v["href"] for k, v in page.attributes.items()
            if k is not None and "href" in v}


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"


def get(url, method="GET", **headers):
    return requests.request(method, url, timeout=10, allow_redirects=False,
                            headers={"User-Agent": BROWSER, **headers})


def events(volley, campaign, kind):
    """Of those that are there: hits come a moment later."""
    return volley.sql("SELECT source, verdict, data FROM event"
                      " WHERE campaign_id = %s AND kind = %s ORDER BY id",
                      campaign, kind)


def arrived_events(volley, campaign, kind, count):
    """Exactly as many as are awaited."""
    wait_for(lambda: len(events(volley, campaign, kind)) >= count)
    found = events(volley, campaign, kind)
    assert len(found) == count
    return found


@pytest.fixture(scope="module")
def sent(volley):
    return send(volley, ["ann@track.example.com,Ann,K & B/?#x",
                         "bob@track.example.com,Bob,Rome",
                         "cyd@track.example.com,Cyd,Rome",
                         "dan@track.example.com,Dan,Rome"],
                track_clicks=True, track_opens=True,
                utm={"source": "news", "medium": "email", "campaign": "Autumn"})


def test_links_lead_to_their_targets(volley, sent):
    c, mails, _ = sent
    for address, name in (("ann@track.example.com", "Ann"),
                          ("bob@track.example.com", "Bob")):
        found = links(mails[address])
        for k in ("one", "two", "again"):
            assert found[k].startswith(f"{volley.url}/c/"), found[k]
        assert found["one"] == found["again"]
        assert found["off"].startswith("https://shop.example.com/off")
        assert found["mail"] == "mailto:a@example.com"
        r = get(found["one"])
        assert r.status_code == 302 and r.content == b""
        target = urllib.parse.urlsplit(r.headers["Location"])
        assert (target.scheme, target.netloc) == ("https", "shop.example.com")
        assert urllib.parse.parse_qs(target.query) == {
            "b": ["1"], "c": ["2"], "utm_source": ["news"],
            "utm_medium": ["email"], "utm_campaign": ["Autumn"]}
        target = urllib.parse.urlsplit(get(found["two"]).headers["Location"])
        assert target.netloc == "shop.example.com"
        assert urllib.parse.parse_qs(target.query)["n"] == [name]
    arrived_events(volley, c, "click", 4)
    # what a value holds stays within its place
    ann = get(links(mails["ann@track.example.com"])["two"]).headers["Location"]
    assert urllib.parse.unquote(urllib.parse.urlsplit(ann).path) == "/K & B/?#x"
    arrived_events(volley, c, "click", 5)
    assert "/off" in arrived.text_of(parse(mails["ann@track.example.com"]))


def pixel_of(volley, data):
    return re.search(rf"{volley.url}/o/[a-z2-7]+\.gif",
                     arrived.Html(parse(data)).source)[0]


def test_what_is_counted(volley, sent):
    c, mails, _ = sent
    found = links(mails["cyd@track.example.com"])
    pixel = pixel_of(volley, mails["cyd@track.example.com"])
    clicks = len(events(volley, c, "click"))
    for method in ("HEAD", "GET"):
        assert get(found["one"], method).status_code == 302
        r = get(pixel, method)
        assert r.status_code == 200
        assert r.headers["Content-Type"] == "image/gif"
        assert r.headers["Cache-Control"] == "no-store"
        assert int(r.headers["Content-Length"]) == 43
    assert arrived_events(volley, c, "open", 2) == [
        ("link", "machine", {}), ("link", "human", {})]
    *_, head, click = arrived_events(volley, c, "click", clicks + 2)
    assert head[1] == "machine" and click[0] == "link"
    assert click[2]["n"] == 0
    assert click[2]["url"].startswith("https://shop.example.com/a?")
    assert volley.report(c)["opens"] == {"human": 1, "machine": 0}
    dan = pixel_of(volley, mails["dan@track.example.com"])
    get(dan, **{"Sec-Purpose": "prefetch;prerender"})
    get(dan, Purpose="prefetch")
    assert [e[:2] for e in arrived_events(volley, c, "open", 4)[2:]] == [
        ("prefetch", "machine")] * 2
    assert volley.report(c)["opens"] == {"human": 1, "machine": 1}
    for header in ("DNT", "Sec-GPC"):  # T-008
        assert get(dan, **{header: "1"}).status_code == 200
    get(dan)
    arrived_events(volley, c, "open", 5)
    got = volley.report(c)
    assert got["opens"] == {"human": 2, "machine": 0}
    assert got["denominators"]["clicks"] == "delivered_estimate"


def test_pixels_tell_a_guesser_nothing(volley, sent):
    _, mails, _ = sent
    good = re.search(rf"{volley.url}/o/[a-z2-7]+\.gif",
                     arrived.Html(parse(mails["bob@track.example.com"])).source)[0]
    said = get(good)
    for bad in ("x", "a" * 34, "%00", "..%2f"):
        r = get(f"{volley.url}/o/{bad}.gif")
        if r.status_code == 404:  # no segment of a path
            continue
        assert (r.status_code, r.content) == (200, said.content)
        assert {k: v for k, v in r.headers.items() if k != "Date"} == {
            k: v for k, v in said.headers.items() if k != "Date"}


HOSTS = ["evil.test", "evil.test:80", "shop.example.com.evil.test",
         "shop.example.com@evil.test"]
FORMS = ["//{}", "https:{}", "https:/{}", "https://{}", "http://{}/", "\\{}",
         "\\\\{}", "/\\{}", "https:\\\\{}", "https:///{}", "http:{}",
         "javascript://{}/%0aalert(1)", "javascript:alert('{}')",
         "data:text/html,{}", "//\t{}", "/\t/{}", "ht\ttps://{}", " https://{}",
         "\x00https://{}", "https://shop.example.com\\@{}", "//{}%2f..",
         "https://{}\r\nLocation: https://{}", "hTTpS://{}", "///{}",
         "https://shop.example.com/../../{}", "ftp://{}/", "vbscript:{}",
         "blob:https://{}/", "file://{}/etc/passwd", "%2f%2f{}", "%68ttps://{}",
         "https%3a%2f%2f{}", "https://[::1]@{}", "https://{}#shop.example.com",
         "?u=https://{}", "..//{}", ";//{}", "./{}", "@{}", "https://\u3002{}",
         "\u200bhttps://{}", "https:\n//{}", "//{}\\..", "https://{}?shop",
         "https://user:pass@{}/", "mailto:x@{}", "tel:{}", "cid:{}", "{}",
         "https://{}/%5c.."]


def test_nothing_else_is_redirected_to(volley, sent):
    """X-006"""
    c, mails, _ = sent
    before = len(events(volley, c, "click"))
    found = links(mails["ann@track.example.com"])
    plain, personal = found["one"], found["two"]
    base, _, query = personal.partition("?u=")
    token_url = plain.rsplit("/", 1)[0]
    payloads = [form.replace("{}", host) for form in FORMS for host in HOSTS]
    assert len(payloads) >= 200
    for payload in payloads:
        quoted = urllib.parse.quote(payload, safe="")
        for url in (f"{base}?u={quoted}", f"{plain}?u={quoted}",
                    f"{plain}?url={quoted}", f"{token_url}/{quoted}",
                    f"{plain}/{'a' * 16}?u={quoted}"):
            r = get(url)
            where = r.headers.get("Location")
            assert r.status_code in (302, 400, 404), (url, r.status_code)
            assert where is None or where.startswith(
                "https://shop.example.com/"), (url, where)
            if not url.startswith((f"{plain}?u=", f"{plain}?url=")):
                assert where is None, (url, where)
    # the query of a fixed link is nobody's business
    arrived_events(volley, c, "click", before + 2 * len(
        [p for p in payloads if get_is_readable(p)]))


def get_is_readable(payload):
    """A query with controls in it does not decode: 400."""
    return not re.search("[\0-\x1f\x7f]", payload)


def test_links_of_others(volley, sent):
    c, mails, _ = sent
    ann, bob = (links(mails[f"{n}@track.example.com"]) for n in ("ann", "bob"))
    token = re.search("/c/([a-z2-7]+)/", ann["two"])[1]
    other = re.search("/c/([a-z2-7]+)/", bob["two"])[1]
    assert get(ann["two"].replace(token, other)).status_code == 404
    unknown = get(f"{volley.url}/c/{'a' * 34}/0")
    assert unknown.status_code == 404
    for bad in (f"/c/{token}/99", f"/c/{token}/-1", f"/c/{token}/4294967296",
                f"/c/{token}/x", f"/c/{token[:-1]}/0", f"/c/{token}/1",
                f"/c/{token}/1/{'a' * 16}", f"/w/{token[:-1]}",
                f"/p/{token[:-1]}"):
        r = get(volley.url + bad)
        assert (r.status_code, r.content) == (404, unknown.content), bad


def test_view_in_browser(volley, sent):
    c, mails, _ = sent
    opens = len(events(volley, c, "open"))
    r = get(links(mails["ann@track.example.com"])["view"])
    assert r.status_code == 200
    assert "Hello Ann" in r.text and POSTAL in r.text and "/o/" not in r.text
    policy = r.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "sandbox" in policy and "allow-scripts" not in policy
    there = arrived.Html(r.text)
    mail = links(mails["ann@track.example.com"])
    for k in ("leave", "prefs", "view", "off"):
        assert there.attributes[k]["href"] == mail[k]
    assert there.attributes["one"]["href"].startswith(
        "https://shop.example.com/a?b=1&c=2&utm_source=news")
    assert len(events(volley, c, "open")) == opens


def test_views_of_many(volley):
    """Each sees what was written to them, at once and once more."""
    names = [f"N{n}" for n in range(8)]
    _, mails, _ = send(volley, [f"{n.lower()}@view.example.com,{n},Rome"
                                for n in names])
    pages = [links(data)["view"] for data in mails.values()] * 3
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        texts = list(pool.map(lambda url: get(url).text, pages))
    seen = [re.search(r"Hello (N\d)", text)[1] for text in texts]
    assert sorted(seen) == sorted(names * 3) and seen[:8] == seen[8:16]


def test_view_of_a_text_and_of_pictures(volley):
    _, mails, _ = send(volley, ["text@track.example.com,T,Rome"], {
        "html": "", "text": "Hi <b> & {{ view_in_browser_url }}"})
    data, = mails.values()
    url = re.search(r"https?://\S+/w/\S+", arrived.text_of(parse(data)))[0]
    page = get(url)
    assert page.status_code == 200 and "Hi &lt;b&gt; &amp; http" in page.text
    assert get(url, "HEAD").status_code == 200
    t = template(volley, "<img alt='l' src='cid:logo'><img alt='n' src=\"cid:no\">"
                 "<a id='v' href='{{ view_in_browser_url }}'>v</a>")
    requests.post(f"{volley.url}/v1/templates/{t}/attachments", data=b"GIF89a",
                  params={"name": "l.gif", "content_id": "logo"}, timeout=10,
                  headers={"Authorization": f"Bearer {volley.keys['admin']}",
                           "Content-Type": "image/gif"}).raise_for_status()
    server = Recorder()
    c = volley.launch([volley.people(["pic@track.example.com"])],
                      [volley.plain_account(server.port)], t)
    volley.wait_finished(c)
    page = get(links(server.messages[0].data)["v"]).text
    server.stop()
    assert "src='data:image/gif;base64,R0lGODlh'" in page
    assert 'src="cid:no"' in page


def test_view_of_a_text_without_end(volley):
    """Escaped it is longer than a page may be."""
    _, mails, _ = send(volley, ["long@track.example.com,T,Rome"], {
        "html": "", "text": "{{ view_in_browser_url }}\n" + "&" * 300000})
    data, = mails.values()
    url = re.search(r"https?://\S+/w/\S+", arrived.text_of(parse(data)))[0]
    r = get(url)
    assert r.status_code == 200 and "&" * 300000 in r.text
    assert r.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert r.headers["X-Content-Type-Options"] == "nosniff"


def test_preferences_of_somebody_on_many_lists(volley):
    """The page stays one; those that are left make room for the others."""
    name = "<" * 190
    rows = volley.sql("INSERT INTO list (name, public) SELECT %s || n, true"
                      " FROM generate_series(1, 1000) n RETURNING id", name)
    ids = [row[0] for row in rows]
    who = "many@track.example.com"
    volley.ok("PUT", f"/v1/contacts/{who}", {"lists": ids}, 201)
    server = Recorder()
    c = volley.launch(ids[:1], [volley.plain_account(server.port)],
                      template(volley))
    volley.wait_finished(c)
    page = links(server.messages[0].data)["prefs"]
    server.stop()
    r = get(page)
    assert r.status_code == 200
    shown = set(re.findall(r'name="list" value="(\d+)"', r.text))
    assert len(shown) == 300
    gone = min(shown)
    r = requests.post(page, data={"list": gone}, timeout=10)
    again = set(re.findall(r'name="list" value="(\d+)"', r.text))
    assert len(again) == 300 and gone not in again
    assert "unsubscribed from everything" in requests.post(
        page, data={"scope": "all"}, timeout=10).text


def test_no_view_of_an_erased_contact(volley):
    _, mails, _ = send(volley, ["erase@track.example.com,E,Rome"])
    data, = mails.values()
    found = links(data)
    volley.ok("DELETE", "/v1/contacts/erase@track.example.com", status=204)
    unknown = get(f"{volley.url}/c/{'a' * 34}/0")
    for k in ("view", "prefs"):
        r = get(found[k])
        assert (r.status_code, r.content) == (404, unknown.content)


def test_preferences(volley):
    public = given.mailing_list(volley, name="Public one", public=True)
    elsewhere = given.mailing_list(volley, name="Public two", public=True)
    foreign = given.mailing_list(volley, name="Not theirs", public=True)
    hidden = given.mailing_list(volley, name="Hidden")
    secret = given.mailing_list(volley, name="Another campaign's")
    who = "prefs@track.example.com"
    for list_id in (public, elsewhere, hidden, secret):
        volley.people([who], list_id)
    server = Recorder()
    c = volley.launch([public, hidden], [volley.plain_account(server.port)],
                      template(volley))
    volley.wait_finished(c)
    page = links(server.messages[0].data)["prefs"]
    server.stop()

    def off():
        return {row[0] for row in volley.sql(
            "SELECT coalesce(list_id, 0) FROM suppression WHERE email_key = %s",
            who)}

    r = get(page)
    assert r.status_code == 200 and get(page, "HEAD").status_code == 200
    for name in ("Public one", "Public two"):
        assert name in r.text
    for name in ("Not theirs", "Hidden", "Another campaign's"):
        assert name not in r.text
    assert off() == set()

    def post(**fields):
        return requests.post(page, data=fields, timeout=10)

    assert post().status_code == 400 and post(list="x").status_code == 400
    for not_shown in (foreign, secret, hidden, 999999):
        assert post(list=not_shown).status_code == 200
    assert off() == set()
    assert "unsubscribed" in post(list=elsewhere).text and off() == {elsewhere}
    assert post(list=elsewhere).status_code == 200 and off() == {elsewhere}
    post(list=0)
    assert off() == {elsewhere, hidden}
    assert volley.report(c)["unsubscribes"] == 1
    assert "unsubscribed from everything" in post(scope="all").text
    assert off() == {elsewhere, hidden, 0}
    assert volley.report(c)["unsubscribes"] == 1


def test_a_test_message_works_but_counts_nothing(volley):
    server = Recorder()
    made = volley.post("/v1/campaigns", {
        "name": "draft", "from": given.FROM, "track_clicks": True,
        "track_opens": True, "template_id": template(volley),
        "account_ids": [volley.plain_account(server.port)]})["id"]
    volley.ok("PUT", "/v1/contacts/boss@track.example.com",
              {"name": "Boss", "attributes": {"city": "Bonn"}}, 201)
    r = volley.post(f"/v1/campaigns/{made}/test",
                    {"to": ["Boss@track.example.com"]}, 200)
    assert r["ok"], r
    found = links(server.messages[0].data)
    source = arrived.Html(parse(server.messages[0].data)).source
    server.stop()
    assert found["one"] == "https://shop.example.com/a?b=1&c=2"
    assert found["two"] == "https://shop.example.com/Bonn?n=Boss"
    assert "/o/" not in source
    token = found["view"].rsplit("/", 1)[1]
    assert get(f"{volley.url}/o/{token}.gif").status_code == 200
    assert get(f"{volley.url}/c/{token}/0").status_code == 404
    assert "Hello Boss" in get(found["view"]).text
    assert "test" in get(found["prefs"]).text
    assert requests.post(found["prefs"], data={"scope": "all"},
                         timeout=10).status_code == 200
    assert volley.value("SELECT count(*) FROM event WHERE campaign_id = %s",
                        made) == 0
    assert volley.value("SELECT count(*) FROM suppression WHERE email_key ="
                        " 'boss@track.example.com'") == 0


def test_who_is_skipped(volley):
    html = ("{% if city == 'Rome' %}{% abort_message 'not in Rome' %}{% endif %}"
            "<p>{{ city }}</p>")
    rows = [f"p{n}@skip.example.com,N,{'Rome' if n % 3 else 'Bonn'}"
            for n in range(90)]
    c, mails, got = send(volley, rows, {"html": html})
    assert (got["audience"], got["accepted"], got["suppressed"],
            got["skipped"], got["failed"]) == (90, 30, 60, 60, 0)
    assert len(mails) == 30
    page = volley.get(f"/v1/campaigns/{c}/deliveries?state=suppressed&limit=500")
    assert len(page["data"]) == 60
    for d in page["data"]:
        assert d["outcome"]["scope"] == "message"
        assert d["outcome"]["reply"] == "skipped: not in Rome"
        assert d["outcome"]["type"] is d["outcome"]["category"] is None
    # and in a preview and a test
    t = template(volley, html)
    r = volley.call("POST", f"/v1/templates/{t}/render",
                    {"contact": {"attributes": {"city": "Rome"}}})
    assert r.status_code == 422 and "not in Rome" in r.text


@pytest.mark.parametrize("policy, accepted, failed", [
    ("empty", {"": 2, "Bonn": 1}, 0),
    ("default", {"your town": 2, "Bonn": 1}, 0),
    ("fail", {"Bonn": 1}, 2),
])
def test_missing_values(volley, policy, accepted, failed):
    rows = [f"a@{policy}.example.com,A,Bonn", f"b@{policy}.example.com,B,",
            f"c@{policy}.example.com,C,"]
    c, mails, got = send(volley, rows, {"html": "<p id='x'>{{ city }}</p>"},
                         missing=policy, defaults={"city": "your town"})
    assert (got["accepted"], got["failed"]) == (3 - failed, failed)
    said = [arrived.Html(parse(m)).text.get("x", "") for m in mails.values()]
    assert {s: said.count(s) for s in said} == accepted
    for d in volley.get(f"/v1/campaigns/{c}/deliveries?state=failed")["data"]:
        assert d["outcome"]["scope"] == "message"
        assert "city" in d["outcome"]["reply"]


def test_attributes_in_use_are_enough(volley):
    html = ("{{ contact.a }}|{{ b }}|{{ c.d }}|{{ contact.e.f }}|"
            "{% for x in g %}{{ x }}{% endfor %}|{{ contact['h'] }}|"
            "{% assign k = 'i' %}{{ contact[k] }}")
    server = Recorder()
    list_id = given.mailing_list(volley)
    volley.ok("PUT", "/v1/contacts/uses@track.example.com", {
        "name": "U", "lists": [list_id], "attributes": {
            "a": 1.50, "b": "two", "c": {"d": 3}, "e": {"f": 4}, "g": [5, 6],
            "h": 7, "i": 8, "unused": "x" * 1000}}, 201)
    for source, want in ((html, "1.5|two|3|4|56|7|8"),
                         (html.rpartition("|")[0], "1.5|two|3|4|56|7")):
        c = volley.launch([list_id], [volley.plain_account(server.port)],
                          template(volley, f"<p id='x'>{source}</p>"))
        volley.wait_finished(c)
        page = arrived.Html(parse(server.messages[-1].data))
        assert page.text["x"] == want
    server.stop()


def test_attachments_arrive(volley):
    t = template(volley, "<p>See <img alt='l' src='cid:logo'></p>")
    data = random.Random(1).randbytes(100_000)
    for name, cid, kind, content in (("a.pdf", "", "application/pdf", data),
                                     ("l.gif", "logo", "image/gif", b"GIF89a")):
        r = requests.post(
            f"{volley.url}/v1/templates/{t}/attachments", data=content,
            params={"name": name, "content_id": cid}, timeout=10,
            headers={"Authorization": f"Bearer {volley.keys['admin']}",
                     "Content-Type": kind})
        assert r.status_code == 201
    server = Recorder()
    list_id = volley.people(["file@track.example.com"])
    c = volley.launch([list_id], [volley.plain_account(server.port)], t,
                      track_clicks=True)
    volley.wait_finished(c)
    parts = {p.get_content_type(): p
             for p in parse(server.messages[0].data).walk()}
    server.stop()
    assert parts["application/pdf"].get_content() == data
    assert parts["application/pdf"].get_filename() == "a.pdf"
    assert parts["image/gif"]["Content-ID"] == "<logo>"


def test_what_has_started_stays_as_it_was(volley):
    """Whoever changes or deletes a snippet, layout or attachment meanwhile."""
    volley.ok("PUT", "/v1/snippets/foot", {"html": "<i>first foot</i>"}, 201)
    volley.ok("PUT", "/v1/snippets/unused", {"html": "<i>unused</i>"}, 201)
    volley.ok("PUT", "/v1/snippets/frame", {
        "html": "<b>first frame</b>{{ content }}{% render 'foot' %}"}, 201)
    t = template(volley, "<p>{{ name }}</p>", layout="frame")
    slow = Recorder(delay=0.3)
    server_count = 12
    list_id = volley.people([f"s{n}@stay.example.com"
                             for n in range(server_count)])
    account = volley.plain_account(slow.port, max_connections=1)
    c = volley.launch([list_id], [account], t)
    wait_for(lambda: slow.messages)
    volley.post(f"/v1/campaigns/{c}/pause", {}, 200)
    volley.ok("PUT", "/v1/snippets/frame", {"html": "{{ content }}"})
    volley.ok("DELETE", "/v1/snippets/foot", status=204)
    volley.ok("PATCH", f"/v1/templates/{t}", {"html": "<p>other</p>"})
    assert volley.sql("SELECT name FROM campaign_snippet WHERE campaign_id ="
                      " %s", c) == [("foot",)]
    volley.post(f"/v1/campaigns/{c}/resume", {}, 200)
    got = volley.wait_finished(c)
    slow.stop()
    assert got["accepted"] == server_count
    for m in slow.messages:
        page = arrived.Html(parse(m.data)).source
        assert "first frame" in page and "first foot" in page
    for name in ("frame", "unused"):
        volley.ok("DELETE", f"/v1/snippets/{name}", status=204)


def test_a_layout_that_is_gone_stops_the_start(volley):
    volley.ok("PUT", "/v1/snippets/soon", {"html": "{{ content }}"}, 201)
    t = template(volley, layout="soon")
    draft = volley.post("/v1/campaigns", {
        "name": "C", "from": given.FROM, "template_id": t,
        "list_ids": [given.mailing_list(volley)],
        "account_ids": [volley.plain_account(1)]})["id"]
    volley.ok("DELETE", "/v1/snippets/soon", status=204)
    assert volley.refused("POST", f"/v1/campaigns/{draft}/start", {}) == [
        "template_id"]


@pytest.mark.parametrize("eight_bit, offered", [(False, True), (True, True),
                                                (True, False)])
def test_eight_bit_where_it_is_allowed(volley, eight_bit, offered):
    """A server that does not take it after all gets 7-bit messages."""
    text = "Grüße aus Köln: äöüß äöüß äöüß äöüß äöüß äöüß\n"
    _, mails, got = send(
        volley, [f"w{n}@wide{eight_bit}{offered}.example.com,W,Köln"
                 for n in range(30)],
        {"html": "", "text": text}, wide=offered,
        account={"eight_bit": eight_bit})
    assert got["accepted"] == 30 and got["failed"] == 0
    for data in mails.values():
        assert data.isascii() == (not (eight_bit and offered))
        assert "Köln: äöüß" in arrived.text_of(parse(data))


def test_campaign_fields(volley):
    said = {"missing": "default", "defaults": {"city": "Bonn"},
            "utm": {"source": "a", "campaign": "b"}, "track_opens": True,
            "track_clicks": True, "postal_address": "2 Side Street"}
    made = volley.post("/v1/campaigns", {"name": "C", "from": given.FROM, **said})
    assert {k: made[k] for k in said} == said
    one = f"/v1/campaigns/{made['id']}"
    for change, field in (({"missing": "x"}, "missing"),
                          ({"defaults": []}, "defaults"),
                          ({"utm": {"x": "y"}}, "utm.x"),
                          ({"utm": {"source": 1}}, "utm.source"),
                          ({"utm": {"source": "{{ a }}"}}, "utm.source"),
                          ({"postal_address": "a\nb"}, "postal_address")):
        assert volley.refused("PATCH", one, change) == [field]
    changed = volley.ok("PATCH", one, {"utm": None, "postal_address": None,
                                       "track_opens": False})
    assert (changed["utm"], changed["postal_address"]) == ({}, None)
    assert changed["track_clicks"] and not changed["track_opens"]
    assert changed["defaults"] == {"city": "Bonn"}


def test_postal_address_of_the_campaign(volley):
    c, mails, _ = send(volley, ["post@track.example.com,P,Rome"],
                       postal_address="3 Own Road")
    data, = mails.values()
    assert arrived.Html(parse(data)).text["foot"] == "3 Own Road"
