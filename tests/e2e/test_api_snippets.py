"""Snippets, layouts and attachments: what templates are put together from."""

import email
import email.policy

import pytest
import requests

import given

FOOTER = "<p id='foot'>{{ postal_address }}</p>"
KIB = 1024


def named(n=[0]):
    n[0] += 1
    return f"snippet-{n[0]}"


def render(api, template, body=None):
    return api.post(f"/v1/templates/{template}/render", body, 200)


def template(api, **parts):
    return api.post("/v1/templates", {"name": "T", "subject": "S", **parts})


def test_made_shown_changed_removed(api):
    name = named()
    r = api.call("POST", "/v1/snippets", {"name": name, "html": FOOTER})
    assert r.status_code == 201
    one = r.headers["Location"]
    assert one == f"/v1/snippets/{name}" and r.json()["html"] == FOOTER
    assert api.get(one) == r.json()
    listed = next(s for s in api.get("/v1/snippets?limit=500")["data"]
                  if s["name"] == name)
    assert listed["bytes"] == len(FOOTER) and "html" not in listed
    api.refused("POST", "/v1/snippets", {"name": name, "html": "x"},
                status=409)
    assert api.ok("PUT", one, {"html": "<b>new</b>"})["html"] == "<b>new</b>"
    api.ok("DELETE", one, status=204)
    for method in ("GET", "DELETE"):
        api.refused(method, one, status=404)
    assert api.ok("PUT", one, {"name": name, "html": "x"}, 201)["name"] == name
    api.ok("DELETE", one, status=204)


@pytest.mark.parametrize("body, fields", [
    ({}, ["name", "html"]),
    ({"name": "", "html": "x"}, ["name"]),
    ({"name": "a/b", "html": "x"}, ["name"]),
    ({"name": "../a", "html": "x"}, ["name"]),
    ({"name": "a b", "html": "x"}, ["name"]),
    ({"name": "x" * 101, "html": "x"}, ["name"]),
    ({"name": "a", "html": ""}, ["html"]),
    ({"name": "a", "html": "x" * (256 * KIB + 1)}, ["html"]),
    ({"name": "a", "html": "x", "text": "y"}, ["text"]),
])
def test_bad_snippets(api, body, fields):
    assert api.refused("POST", "/v1/snippets", body) == fields
    assert api.refused("PUT", "/v1/snippets/other",
                       {"name": "a", "html": "x"}) == ["name"]


def test_mistakes_name_their_place(api):
    r = api.call("PUT", f"/v1/snippets/{named()}",
                 {"html": "<p>\n  {% if x %}"})
    error, = r.json()["errors"]
    assert r.status_code == 422 and error["field"] == "html"
    assert error["line"] == 2 and "column" in error


def test_all_together_are_limited(api):
    names = [named() for _ in range(5)]
    big = "x" * (250 * KIB)
    for name in names[:4]:
        api.post("/v1/snippets", {"name": name, "html": big})
    assert api.refused("POST", "/v1/snippets",
                       {"name": names[4], "html": big}) == ["html"]
    api.refused("GET", f"/v1/snippets/{names[4]}", status=404)
    for name in names[:4]:
        api.ok("DELETE", f"/v1/snippets/{name}", status=204)
    have = api.value("SELECT count(*) FROM snippet")
    api.sql("INSERT INTO snippet (name, html) SELECT 'many-' || n, 'x'"
            " FROM generate_series(1, %s) n", 200 - have)
    assert api.refused("POST", "/v1/snippets",
                       {"name": "last", "html": "x"}) == ["name"]
    api.sql("DELETE FROM snippet WHERE name LIKE 'many-%'")


def test_templates_use_them(api):
    piece, frame = named(), named()
    api.post("/v1/snippets", {"name": piece, "html": "<i>{{ city }}</i>"})
    api.post("/v1/snippets", {
        "name": frame, "html": "<html><body><main>{{ content }}</main>"
        f"{{% include '{piece}' %}}</body></html>"})
    made = template(api, layout=frame, markdown="# Hello {{ name }}\n\n**you**")
    assert (made["layout"], made["html"]) == (frame, "")
    out = render(api, made["id"], {"contact": {
        "name": "Ann", "attributes": {"city": "K & B"}}})
    assert "<h1>Hello Ann</h1>" in out["html"]
    assert "<main>" in out["html"] and "<strong>you</strong>" in out["html"]
    assert "<i>K &amp; B</i></body>" in out["html"]
    assert "Hello Ann" in out["text"] and "K & B" in out["text"]
    # one that is not there
    one = f"/v1/templates/{made['id']}"
    assert api.refused("PATCH", one, {"layout": "nowhere"}) == ["layout"]
    r = api.call("PATCH", one, {"markdown": "a\n{% render 'nowhere' %}"})
    assert r.status_code == 422
    error, = r.json()["errors"]
    assert (error["field"], error["line"]) == ("markdown", 2)
    # what used it says so once it is gone
    api.ok("DELETE", f"/v1/snippets/{frame}", status=204)
    assert api.refused("POST", f"{one}/render", {}) == ["layout"]
    assert api.ok("PATCH", one, {"layout": None})["layout"] == ""


def test_a_template_whose_snippet_is_gone_is_warned_of(api):
    piece = named()
    api.post("/v1/snippets", {"name": piece, "html": "<i>x</i>"})
    made = template(api, html=f"<p>\n{{% render '{piece}' %}}</p>")
    rules = {w["rule"] for w in made["warnings"]}
    assert "broken-template" not in rules
    api.ok("DELETE", f"/v1/snippets/{piece}", status=204)
    broken, = [w for w in api.ok("GET", f"/v1/templates/{made['id']}")["warnings"]
               if w["rule"] == "broken-template"]
    assert (broken["part"], broken["line"], broken["column"]) == ("html", 2, 1)
    assert piece in broken["text"]


def test_no_start_with_a_template_that_does_not_compile(api):
    piece = named()
    api.post("/v1/snippets", {"name": piece, "html": "<i>x</i>"})
    made = template(api, html=f"<p>{{% render '{piece}' %}}</p>")
    c = given.campaign(api, template_id=made["id"])["id"]
    api.ok("DELETE", f"/v1/snippets/{piece}", status=204)
    assert api.refused("POST", f"/v1/campaigns/{c}/start") == ["template_id"]
    assert api.get(f"/v1/campaigns/{c}")["status"] == "draft"
    api.post("/v1/snippets", {"name": piece, "html": "<i>x</i>"})
    api.ok("POST", f"/v1/campaigns/{c}/start", status=202)
    api.ok("POST", f"/v1/campaigns/{c}/cancel")


def test_html_and_markdown_are_one_too_many(api):
    assert api.refused("POST", "/v1/templates", {
        "name": "T", "subject": "S", "html": "x", "markdown": "y"}) == [
            "markdown"]
    made = template(api, html="x")
    one = f"/v1/templates/{made['id']}"
    assert api.refused("PATCH", one, {"markdown": "y"}) == ["markdown"]
    assert api.ok("PATCH", one, {"markdown": "y", "html": ""})["html"] == ""


def test_translations(api):
    words = {"en": {"hello": "Hello"}, "de": {"hello": "Guten Tag"}}
    made = template(api, text="{{ 'hello' | t }} {{ name }}",
                    translations=words)
    assert made["translations"] == words
    assert list(made["translations"]) == ["en", "de"]
    for locale, want in (("de-AT", "Guten Tag"), ("fr", "Hello"), ("", "Hello")):
        out = render(api, made["id"], {"contact": {
            "name": "Ann", "attributes": {"locale": locale}}})
        assert out["text"].strip() == f"{want} Ann"
    one = f"/v1/templates/{made['id']}"
    assert api.ok("PATCH", one, {"translations": None})["translations"] == {}
    assert api.refused("PATCH", one, {"translations": []}) == ["translations"]


def test_warnings(api):
    made = template(api, html="<p>Hi</p>\n<img src='https://example.com/a.png'>")
    assert made["warnings"], "no unsubscribe link, no alt text"
    for w in made["warnings"]:
        assert w["rule"] and w["text"]
    alt = [w for w in made["warnings"] if "alt" in w["rule"]]
    assert alt and (alt[0]["part"], alt[0]["line"]) == ("html", 2)
    one = f"/v1/templates/{made['id']}"
    assert api.get(one)["warnings"] == made["warnings"]
    assert render(api, made["id"])["warnings"] == made["warnings"]
    fixed = api.ok("PATCH", one, {
        "html": "<p>Hi</p>\n<img alt='A' src='https://example.com/a.png'>"})
    assert not [w for w in fixed["warnings"] if "alt" in w["rule"]]


def test_missing_values_in_a_preview(api):
    made = template(api, text="Dear {{ first_name }}!")["id"]
    assert render(api, made)["text"].strip() == "Dear !"
    out = render(api, made, {"missing": "default",
                             "defaults": {"first_name": "friend"}})
    assert out["text"].strip() == "Dear friend!"
    assert api.refused("POST", f"/v1/templates/{made}/render",
                       {"missing": "fail"}) == ["text"]
    assert api.refused("POST", f"/v1/templates/{made}/render",
                       {"missing": "x"}) == ["missing"]


def test_a_preview_says_who_is_skipped(api):
    r = api.call("POST", "/v1/templates/render", {
        "subject": "S", "html": "<p>\n{% abort_message 'no city' %}</p>"})
    assert r.status_code == 422
    assert r.json()["errors"] == [{
        "field": "html", "detail": "skipped: no city", "line": 2, "column": 1}]


def test_unsaved_templates(api):
    before = api.value("SELECT count(*) FROM template")
    out = api.post("/v1/templates/render", {
        "subject": "Hi {{ name }}", "markdown": "*{{ city }}*",
        "contact": {"name": "Ann", "attributes": {"city": "Paris"}}}, 200,
        key="read")
    assert out["subject"] == "Hi Ann" and "<em>Paris</em>" in out["html"]
    assert api.refused("POST", "/v1/templates/render", {
        "subject": "S", "html": "{{ x"}) == ["html"]
    assert api.refused("POST", "/v1/templates/render", {"subject": "S"}) == [
        "html"]
    assert api.value("SELECT count(*) FROM template") == before


def attach(api, template_id, data, kind="application/pdf", key="admin", **query):
    r = requests.post(
        f"{api.url}/v1/templates/{template_id}/attachments", data=data,
        params=query, timeout=60,
        headers={"Authorization": f"Bearer {api.keys[key]}",
                 **({"Content-Type": kind} if kind else {})})
    api.contract.check("POST", f"/v1/templates/{template_id}/attachments", r)
    return r


def test_attachments(api):
    made = template(api, html="<img alt='x' src='cid:logo'>")["id"]
    path = f"/v1/templates/{made}/attachments"
    data = bytes(range(256)) * 8
    r = attach(api, made, data, name="Über uns.pdf")
    assert r.status_code == 201, r.text
    pdf = r.json()
    assert (pdf["name"], pdf["type"], pdf["bytes"], pdf["content_id"]) == (
        "Über uns.pdf", "application/pdf", 2048, "")
    logo = attach(api, made, b"GIF89a", "image/gif", name="logo.gif",
                  content_id="logo").json()
    assert api.get(path)["data"] == [pdf, logo]
    assert api.get(f"/v1/templates/{made}")["attachments"] == [pdf, logo]
    assert attach(api, made, b"x", name="logo.gif").status_code == 409
    assert attach(api, made, b"x", name="b.gif",
                  content_id="logo").status_code == 409
    message = api.call("POST", f"/v1/templates/{made}/render", {},
                       headers={"Accept": "message/rfc822"})
    assert message.headers["Content-Type"] == "message/rfc822"
    parsed = email.message_from_bytes(message.content,
                                      policy=email.policy.default)
    parts = {p.get_content_type(): p for p in parsed.walk()}
    assert parts["application/pdf"].get_filename() == "Über uns.pdf"
    assert parts["application/pdf"].get_content() == data
    assert parts["image/gif"].get_content() == b"GIF89a"
    assert parts["image/gif"]["Content-ID"] == "<logo>"
    api.ok("DELETE", f"{path}/{pdf['id']}", status=204)
    api.refused("DELETE", f"{path}/{pdf['id']}", status=404)
    api.refused("DELETE", f"{path}/x", status=404)
    other = template(api, text="x")["id"]
    api.refused("DELETE", f"/v1/templates/{other}/attachments/{logo['id']}",
                status=404)
    assert api.get(path)["data"] == [logo]


@pytest.mark.parametrize("query, kind, status", [
    ({}, "application/pdf", 422),
    ({"name": ""}, "application/pdf", 422),
    ({"name": "a/b.pdf"}, "application/pdf", 422),
    ({"name": "..\\b.pdf"}, "application/pdf", 422),
    ({"name": ".."}, "application/pdf", 422),
    ({"name": "a\r\nBcc: x"}, "application/pdf", 400),
    ({"name": "a\u2028b"}, "application/pdf", 422),
    ({"name": "x" * 201}, "application/pdf", 422),
    ({"name": "a", "content_id": "a b"}, "application/pdf", 422),
    ({"name": "a", "content_id": "a>"}, "application/pdf", 422),
    ({"name": "a", "nonsense": "1"}, "application/pdf", 422),
    ({"name": "a"}, "nonsense", 415),
    ({"name": "a"}, "multipart/mixed", 415),
    ({"name": "a"}, "message/rfc822", 415),
])
def test_bad_attachments(api, query, kind, status):
    made = given.template(api)
    assert attach(api, made, b"x", kind, **query).status_code == status
    assert api.get(f"/v1/templates/{made}/attachments")["data"] == []


def test_attachments_are_limited(api):
    made = given.template(api)
    half = b"x" * (KIB * KIB)
    assert attach(api, made, b"", name="empty").status_code == 422
    assert attach(api, made, 2 * half + b"x", name="a").status_code == 413
    assert attach(api, made, half, name="a").status_code == 201
    assert attach(api, made, half, None, name="b").status_code == 201
    assert attach(api, made, b"x", name="c").status_code == 413
    made = given.template(api)
    for n in range(10):
        assert attach(api, made, b"x", name=f"{n}").status_code == 201
    assert attach(api, made, b"x", name="10").status_code == 422
    assert attach(api, 999999, b"x", name="a").status_code == 404
    assert attach(api, made, b"x", key="read", name="a").status_code == 403
