"""Templates: kept when they compile, rendered for whom one likes."""

import pytest

import given

GOOD = {"name": "News", "subject": "Hello {{ name | default: 'you' }}",
        "preheader": "For {{ contact.city }}",
        "html": "<p>{{ contact.city }} & <b>{{ name }}</b></p>",
        "text": "{{ contact.city }} {{ name }}"}


def test_made_shown_changed_removed(api):
    r = api.call("POST", "/v1/templates", GOOD)
    made = r.json()
    assert r.status_code == 201
    one = r.headers["Location"]
    assert one == f"/v1/templates/{made['id']}"
    assert {k: made[k] for k in GOOD} == GOOD
    assert api.get(one) == made
    listed = next(t for t in api.get("/v1/templates?limit=500")["data"]
                  if t["id"] == made["id"])
    assert listed["subject"] == GOOD["subject"] and "html" not in listed
    changed = api.ok("PATCH", one, {"subject": "Hi"})
    assert {k: changed[k] for k in GOOD} == GOOD | {"subject": "Hi"}
    changed = api.ok("PATCH", one, {"html": ""})
    assert changed["html"] == "" and changed["text"] == GOOD["text"]
    replaced = api.ok("PUT", one, {"name": "N", "subject": "S", "text": "T"})
    assert (replaced["html"], replaced["preheader"]) == ("", "")
    api.ok("DELETE", one, status=204)
    for method, body in (("GET", None), ("DELETE", None), ("PUT", GOOD),
                         ("PATCH", {"name": "x"})):
        api.refused(method, one, body, status=404)
    api.refused("POST", f"{one}/render", {}, status=404)


@pytest.mark.parametrize("body, fields", [
    ({}, ["name", "subject"]),
    ({"name": "x", "subject": "y"}, ["html"]),
    ({"name": "x", "subject": "", "text": "t"}, ["subject"]),
    ({"name": "x", "subject": "a\nb", "text": "t"}, ["subject"]),
    ({"name": "x", "subject": "y" * 2001, "text": "t"}, ["subject"]),
    ({"name": "x", "subject": "y", "text": 1}, ["text"]),
    ({"name": "x", "subject": "y", "text": "t", "from": "z"}, ["from"]),
])
def test_bad_templates(api, body, fields):
    assert api.refused("POST", "/v1/templates", body) == fields


@pytest.mark.parametrize("part, source, line, column", [
    ("html", "<p>{{ name </p>", 1, None),
    ("html", "<p>\n<b>\n  {% if x %}yes", 3, 16),
    ("html", "{% nonsense %}", 1, None),
    ("text", "one\ntwo {{ x | no_such_filter }}", 2, None),
    ("subject", "Hi {{", 1, 4),
    ("preheader", "{% endif %}", 1, None),
])
def test_mistakes_name_their_place(api, part, source, line, column):
    before = api.value("SELECT count(*) FROM template")
    for method, path in (("POST", "/v1/templates"),
                         ("PATCH", f"/v1/templates/{given.template(api)}")):
        r = api.call(method, path, GOOD | {part: source})
        assert r.status_code == 422
        error, = r.json()["errors"]
        assert (error["field"], error["line"]) == (part, line)
        assert column is None or error["column"] == column
    assert api.value("SELECT count(*) FROM template") == before + 1


def test_rendered_for_a_given_contact(api):
    made = api.post("/v1/templates", GOOD)
    out = api.post(f"/v1/templates/{made['id']}/render", {
        "contact": {"email": "ann@example.com", "name": "<Ann>",
                    "attributes": {"city": "K & <b>"}}}, 200)
    assert out["subject"] == "Hello <Ann>"
    assert out["preheader"] == "For K & <b>"
    assert "K &amp; &lt;b&gt; & <b>&lt;Ann&gt;</b>" in out["html"]
    assert out["text"].strip() == "K & <b> <Ann>"


def test_rendered_for_one_of_ours(api):
    made = api.post("/v1/templates", GOOD)
    api.ok("PUT", "/v1/contacts/rendered@example.com",
           {"name": "Rena", "attributes": {"city": "Paris"}}, 201)
    out = api.post(f"/v1/templates/{made['id']}/render",
                   {"email": "Rendered@example.com"}, 200, key="read")
    assert out["subject"] == "Hello Rena" and "Paris" in out["html"]


def test_rendered_for_nobody(api):
    made = api.post("/v1/templates", GOOD)
    for body in (None, {}):
        out = api.post(f"/v1/templates/{made['id']}/render", body, 200)
        assert out["subject"] == "Hello you"


def test_text_made_from_html(api):
    made = api.post("/v1/templates", {
        "name": "x", "subject": "y", "html": "<h1>News</h1><p>for you</p>"})
    out = api.post(f"/v1/templates/{made['id']}/render", None, 200)
    assert "News" in out["text"] and "<" not in out["text"]


@pytest.mark.parametrize("body, fields", [
    ({"email": "nobody@example.com"}, ["email"]),
    ({"email": "nonsense"}, ["email"]),
    ({"contact": "x"}, ["contact"]),
    ({"contact": {"email": "x", "name": 1, "age": 2}},
     ["contact.email", "contact.name", "contact.age"]),
    ({"contact": {}, "email": "a@example.com"}, ["email"]),
    ({"contact": {"attributes": []}}, ["contact.attributes"]),
])
def test_bad_requests_to_render(api, body, fields):
    one = given.template(api)
    assert api.refused("POST", f"/v1/templates/{one}/render", body) == fields


def test_endless_templates_are_stopped(api):
    """X-014"""
    source = "{% for a in (1..9999999) %}{% for b in (1..9999999) %}x" \
        "{% endfor %}{% endfor %}"
    r = api.call("POST", "/v1/templates", GOOD | {"html": source})
    if r.status_code == 201:
        r = api.call("POST", f"/v1/templates/{r.json()['id']}/render", {})
    assert r.status_code == 422 and r.elapsed.total_seconds() < 2


def test_what_is_used_stays(api):
    campaign = given.campaign(api)
    api.refused("DELETE", f"/v1/templates/{campaign['template_id']}",
                status=409)
