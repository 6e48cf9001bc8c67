"""Templates and merge values that want to be more than content."""

import itertools
import os
import re

import pytest

import arrived
import given
from recorder import Recorder
from whole import Whole, wait_for

XSS = [
    "<script>alert(1)</script>", "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>",
    '" onmouseover="alert(1)', "' onfocus='alert(1)' autofocus='",
    "--><script>alert(1)</script><!--", "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)",
    "&quot;><b>", "<b", "<", ">", "&", "&&amp;lt;", "\u003cscript>",
    "\uff1cscript\uff1e", "<!--", "<!DOCTYPE x>", "<?php system('id') ?>",
    "</p></body></html><script>", "<base href=//evil.test>",
    "<meta http-equiv=refresh content=0;url=//evil.test>",
    "<style>*{display:none}</style>", "`onclick=alert(1)", "${7*7}#{7*7}",
    "{{ 7 | times: 7 }}{% assign name = 'x' %}", "{%raw%}", "<\u0000b>"[:1],
]
PAGE = """<html><head><title>{{ bad }}</title></head><body>
<p id="text">{{ bad }}</p><p id="two" title="{{ bad }}">x</p>
<p id="one" title='{{ bad }}'>x</p><!-- a comment -->
<p id="filtered">{{ bad | upcase | downcase | append: bad }}</p>
<p id="default">{{ nothing | default: bad }}</p>
<p id="assigned">{% assign x = bad %}{{ x }}</p>
<p id="captured">{% capture y %}{{ bad }}{% endcapture %}{{ y }}</p>
<p id="looped">{% for c in many %}{{ c }}{% endfor %}</p></body></html>"""


@pytest.fixture(scope="module")
def volley(postgres):
    # what templates might try to get at
    v = Whole(postgres, PLANTED="planted-in-the-environment").start()
    yield v
    v.stop()


def template(volley, **parts):
    return volley.post("/v1/templates", {"name": "T", "subject": "S",
                                         "text": "x", **parts})["id"]


def render(volley, t, **attributes):
    return volley.post(f"/v1/templates/{t}/render", {
        "contact": {"attributes": attributes}}, 200)


def outline(page):
    return arrived.Html(page).tags


def test_values_never_become_markup(volley):
    t = template(volley, html=PAGE, preheader="{{ bad }}")
    wanted = outline(render(volley, t, bad="x", many=["x"])["html"])
    for bad in XSS:
        page = arrived.Html(render(volley, t, bad=bad, many=[bad])["html"])
        assert page.tags == wanted, bad
        for where in ("text", "default", "assigned", "captured", "looped"):
            assert page.text[where] == bad, where
        for where in ("two", "one"):
            assert page.attributes[where]["title"] == bad, where
        assert page.source.count("<!--") == 1


def test_markup_in_what_comes_from_ourselves(volley):
    """Names of lists and campaigns and the preheader, in a mail."""
    server = Recorder()
    account = volley.plain_account(server.port)
    t = template(volley, preheader="{{ contact.bad }}", html=(
        "<html><body><p id='l'>{{ list.name }}</p><p id='c'>"
        "{{ campaign.name }}</p><p id='a'>{{ contact.bad }}</p>"
        "<p id='u' title='{{ unsubscribe_url }}'>x</p></body></html>"))
    bad = '</p><script>alert(1)</script>"\'&lt;'
    list_id = volley.post("/v1/lists", {"name": bad})["id"]
    volley.ok("PUT", "/v1/contacts/a@example.com", {
        "name": bad, "lists": [list_id], "attributes": {"bad": bad}}, 201)
    volley.wait_finished(volley.launch([list_id], [account], t, name=bad))
    message = arrived.parse(server.messages[0].data)
    page = arrived.Html(message)
    assert [tag for tag, _ in page.tags] == ["html", "body", "div",
                                             "p", "p", "p", "p"]
    assert (page.text["l"], page.text["c"], page.text["a"]) == (bad,) * 3
    assert page.attributes["u"]["title"].startswith(volley.url + "/u/")
    server.stop()


def test_attributes_hide_nothing_of_ours(volley):
    """A column of a CSV cannot take the place of the link to leave."""
    t = template(volley, text="{{ unsubscribe_url }}|{{ campaign.name }}|"
                 "{{ list.id }}|{{ contact.email }}|{{ email }}|{{ name }}")
    ours = render(volley, t)["text"].split("|")
    evil = dict.fromkeys(("unsubscribe_url", "email", "name"), "evil")
    evil |= {"campaign": {"name": "evil"}, "list": {"id": "evil"},
             "contact": {"email": "evil"}}
    assert render(volley, t, **evil)["text"].split("|") == ours
    assert ours[0].startswith(volley.url + "/u/") and "evil" not in ours


GRABS = [
    "{{ env.PLANTED }}", "{{ ENV['PLANTED'] }}", "{{ system.env.PLANTED }}",
    "{{ contact.constructor }}", "{{ contact.__class__.__mro__ }}",
    "{{ contact['__proto__'] }}", "{{ campaign.account.password }}",
    "{{ settings.database }}", "{{ self.PLANTED }}", "{{ template.source }}",
    "{{ list.contacts }}", "{{ campaign.contacts }}", "{{ contact.token }}",
]
NO_TEMPLATES = [
    "{% include '/etc/passwd' %}", "{% render '../../etc/passwd' %}",
    "{% layout 'x' %}", "{{ 'PLANTED' | env }}", "{{ 'PLANTED' | expandenv }}",
    "{{ '/etc/passwd' | file }}", "{{ '/etc/passwd' | read }}",
    "{{ 'id' | shell }}", "{{ 'http://evil.test' | fetch }}",
    "{% sql %}SELECT 1{% endsql %}", "{% php %}", "{% import 'os' %}",
    "{{ 'x' | call: 'system' }}", "{% exec 'id' %}",
]


@pytest.mark.parametrize("source", GRABS)
def test_templates_see_their_data_only(volley, source):
    t = template(volley, html=f"<p>[{source}]</p>", text=f"[{source}]")
    out = render(volley, t)
    assert out["text"] == "[]" and "[]" in out["html"]


@pytest.mark.parametrize("source", NO_TEMPLATES)
def test_no_such_tags_and_filters(volley, source):
    assert volley.refused("POST", "/v1/templates", {
        "name": "T", "subject": "S", "html": source}) == ["html"]


DOUBLED = "{% assign x = 'xxxxxxxxxxxxxxxx' %}{% for i in (1..64) %}{% assign x = x | append: x %}{% endfor %}{{ x }}"
GREEDY = {
    "a long loop": "{% for i in (1..1000000000) %}{% endfor %}",
    "loops in loops": "{% for a in (1..99999) %}{% for b in (1..99999) %}"
                      "{% for c in (1..99999) %}x{% endfor %}{% endfor %}{% endfor %}",
    "a loop backwards": "{% for i in (1..9223372036854775807) reversed %}x{% endfor %}",
    "output": "{% for i in (1..9000) %}" + "x" * 1000 + "{% endfor %}",
    "doubling": DOUBLED,
    "capturing": "{% for i in (1..40) %}{% capture x %}{{ x }}{{ x }}y{% endcapture %}{% endfor %}{{ x }}",
    "a wide date": "{{ 'now' | date: '%1000000000d' }}",
    "many dates": "{% for i in (1..9000) %}{{ 'now' | date: '%c %c %c %c %c %c %c %c' }}{% endfor %}",
    "encoding": "{% assign x = '%' %}{% for i in (1..40) %}{% assign x = x | append: x | url_encode %}{% endfor %}{{ x }}",
}
NESTED = {
    "blocks": "{% if a %}" * 5000 + "{% endif %}" * 5000,
    "loops": "{% for a in b %}" * 5000 + "{% endfor %}" * 5000,
    "brackets": "{{ a" + "[a" * 20000 + "]" * 20000 + " }}",
    "open": "{% if a %}" * 50000,
    "filters": "{{ a" + " | upcase" * 100000 + " }}",
    "dots": "{{ a" + ".a" * 200000 + " }}",
}


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


@pytest.mark.parametrize("part", ["html", "text", "subject"])
def test_greed_is_stopped(volley, part):
    """With an error that names the place, soon, and in little memory."""
    before = memory(volley.process.pid)
    for label, source in GREEDY.items():
        if part == "subject" and len(source) > 2000:
            continue
        t = template(volley, **{part: source})
        r = volley.call("POST", f"/v1/templates/{t}/render", {})
        assert r.elapsed.total_seconds() < 1, label
        if r.status_code == 200:
            assert len(r.content) < 4 << 20, label
            continue
        assert r.status_code == 422, label
        error, = r.json()["errors"]
        assert error["field"] == part and error["line"] == 1, label
    if "asan" not in os.path.realpath(f"/proc/{volley.process.pid}/exe"):
        assert memory(volley.process.pid) < before + (32 << 10)


@pytest.mark.parametrize("label", NESTED)
def test_nesting_is_stopped(volley, label):
    r = volley.call("POST", "/v1/templates", {
        "name": "T", "subject": "S", "html": NESTED[label]})
    assert r.status_code in (201, 422) and r.elapsed.total_seconds() < 2
    if r.status_code == 201:
        r = volley.call("POST", f"/v1/templates/{r.json()['id']}/render", {})
        assert r.status_code in (200, 422)
        assert r.elapsed.total_seconds() < 2


def test_a_hostile_campaign(volley):
    """It holds up no other, and does not fail for everybody."""
    server = Recorder()
    account = volley.plain_account(server.port)
    numbers = itertools.count(1)
    bad = volley.people(f"bad{next(numbers)}@example.com" for _ in range(300))
    good = volley.people(f"good{next(numbers)}@example.com" for _ in range(100))
    hostile = volley.launch([bad], [account],
                            template(volley, html=GREEDY["loops in loops"]))
    other = volley.launch([good], [account])
    assert volley.wait_finished(other)["accepted"] == 100
    wait_for(lambda: volley.status(hostile) == "paused")
    assert "html" in volley.get(f"/v1/campaigns/{hostile}")["status_reason"]
    assert all(b"bad" not in m.rcpt[0] for m in server.messages)
    report = wait_for(lambda: (r := volley.report(hostile))["failed"] and r)
    assert report["failed"] <= 20
    assert report["pending"] == 300 - report["failed"]
    server.stop()
