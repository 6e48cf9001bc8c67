"""X-015: what a browser's parser makes of hostile values, in every place.

html5lib reads HTML as the standard says. The tree of a page with a hostile
value must be that of the same page with a harmless one."""

import functools
import json
import re
import subprocess
import urllib.parse

import html5lib
import pytest

from payloads import PAYLOADS
from server import VOLLEY
from test_hostile_templates import XSS

RUNS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
    "\tjava\tscript:alert(1)", "java\nscript:alert(1)",
    "java\r\nscript\t:alert(1)", "\x01javascript:alert(1)",
    "java\x1fscript:alert(1)", "javascript&#58;alert(1)",
    "javascript&colon;alert(1)", "&#106;avascript:alert(1)",
    "&#x6A&#x61vascript:alert(1)", "javascript%3aalert(1)", "javascript",
    "javascript://x.test/%0aalert(1)", "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>", "data:image/svg+xml,<svg>",
    "view-source:javascript:alert(1)", "blob:https://x.test/1",
    "jav&#x09;ascript:alert(1)", "feed:javascript:alert(1)",
]
PLACES = [
    " onclick=alert(1) ", "x onclick=alert(1)", "\tonclick\t=\talert(1)",
    "/onclick=alert(1)", "=x", "`x`", "/>", "-->", "--!>", "--", "]]>",
    "</style><script>alert(1)</script>", "</script><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>", "red;background:url(//evil.test)",
    "red}*{display:none", "expression(alert(1))", "url(javascript:alert(1))",
    '"); alert(1); ("', "'); alert(1); ('", "\\'); alert(1)//", "\\",
    "${alert(1)}", "1; alert(1)", "\u2028 alert(1)", "script", "onclick",
    "srcdoc", "style", "//evil.test/", "/\\evil.test/", "\\\\evil.test",
    "https:evil.test", ".evil.test", "@evil.test/", ":80@evil.test/",
    "evil.test/", "../../x", "?a=1&b=2#c", "100% & more", "%22%3e%3cb%3e",
]
VALUES = XSS + RUNS + PLACES + list(PAYLOADS.values())

PAGE = """<!doctype html>
<html lang="{{ x }}"><head><title>{{ x }}</title>
<style>p { color: {{ x }}; background: url({{ x }}) } .{{ x }} { top: 0 }
a { background: url('https://x.test/?a={{ x }}') }</style>
<meta name="description" content="{{ x }}">
<meta http-equiv="refresh" content="0;url={{ x }}">
<script type="application/ld+json">{"a": "{{ x }}", "b": {{ x }}}</script>
</head><body>
<!-- {{ x }} --><!--{{ x }}--><!--[if mso]><p title="{{ x }}" class={{ x }}
>{{ x }}</p><v:rect href="{{ x }}"></v:rect><![endif]-->
<p id="text">{{ x }}</p><p id="escaped">{{ x | escape }}</p>
<p id="two" title="{{ x }}">x</p><p id="one" title='{{ x }}'>x</p>
<p title={{ x }} id=bare>x</p><p title=a{{ x }} id=inside>x</p>
<p {{ x }}>x</p><p {{ x }}="{{ x }}">x</p><p data-{{ x }}='{{ x }}'>x</p>
<h{{ x }}>x</h{{ x }}> 1 <{{ x }} and </{{ x }}>
<p style="color: {{ x }}; width: {{ x }}px; background: url({{ x }})">x</p>
<p style={{ x }} onclick="f('{{ x }}', {{ x }})" onfocus={{ x }}>x</p>
<textarea>{{ x }}</textarea><iframe srcdoc="{{ x }}" src="{{ x }}"></iframe>
<a href="{{ x }}">x</a><a href='{{ x | escape }}'>x</a><a href={{ x }}>x</a>
<a href="{{ nothing }}{{ x }}">x</a><a href="{{ nothing }}/{{ x }}">x</a>
<a href="{% if x %}{{ x }}{% else %}https://x.test/{% endif %}">x</a>
{% capture c %}{{ x }}{% endcapture %}<a href="{{ c }}" title={{ c }}>{{ c }}</a>
{% assign y = x | append: '' %}<a href="{{ y }}">{{ y }}</a>
<form action="{{ x }}"><button formaction="{{ x }}">x</button></form>
<object data="{{ x }}"></object><video poster="{{ x }}"></video>
<table background="{{ x }}"><tr><td>{{ x }}</td></tr></table>
<img src="{{ x }}" srcset="{{ x }} 2x" alt="{{ x }}">
<svg><a xlink:href="{{ x }}"><title>{{ x }}</title></a></svg>
<a href="java{{ x }}">x</a><a href="javascript:f({{ x }})">x</a>
{% for c in (1..2) %}<a {% if c == 1 %}title="{% else %}href="{% endif %}{{ x }}">
{{ x }}</a>{% endfor %}
<i class="host" href="https://{{ x }}.x.test/"></i>
<i class="host" href="https://x.test{{ x }}"></i>
<i class="host" href="https://x.test/{{ x }}"></i>
<i class="host" href="https://x.test/?a={{ x }}&amp;b=c"></i>
<i class="host" href="https://x.test/#{{ x }}"></i>
</body></html>
"""
URLS = {"href", "src", "action", "formaction", "data", "poster", "background",
        "xlink:href"}
FINE = {"http", "https", "mailto", "tel", "sms", "cid"}


@pytest.fixture(scope="module")
def render(tmp_path_factory):
    folder = tmp_path_factory.mktemp("escaping")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")

    @functools.cache
    def once(value):
        (folder / "data.json").write_text(json.dumps({"x": value}),
                                          encoding="utf-8")
        return subprocess.run(
            [VOLLEY, "render", folder / "page.html", "--data",
             folder / "data.json"], check=True, capture_output=True,
            ).stdout.decode()
    return once


def parsed(page):
    return html5lib.parse(page, namespaceHTMLElements=False)


def tree(node, value="x"):
    """Tags and the names of their attributes; a plain word may be one."""
    if not isinstance(node.tag, str):
        return "comment"
    names = (re.sub(f"(data-)?{value.lower()}", r"\1x", str(name))
             if value in ("javascript", "script") else str(name) for name in node.attrib)
    return (node.tag, tuple(sorted(names)),
            tuple(tree(child, value) for child in node))


def urls(root):
    for node in root.iter():
        if isinstance(node.tag, str):
            for name, value in node.attrib.items():
                name = re.sub(r"^\{.*\}", "xlink:", str(name))
                if name in URLS:
                    yield node, name, value


def scheme(url):
    """As browsers find it."""
    url = re.sub("[\t\r\n]", "", url.lstrip("".join(map(chr, range(33)))))
    found = re.match(r"([a-z][a-z0-9+.-]*):", url, re.I)
    return found and found[1].lower()


def stays_there(url):
    """The host is what the template says, or the URL leads nowhere."""
    parts = urllib.parse.urlsplit(url.replace("\\", "/"))
    try:
        parts.port
    except ValueError:
        return True
    host = parts.hostname
    return host.endswith(".x.test") or (
        host.startswith("x.test") and "." not in host[6:])


def test_enough():
    assert len(set(VALUES)) >= 60


@pytest.mark.parametrize("value", sorted(set(VALUES)), ids=ascii)
def test_nothing_but_content(render, value):
    page = render(value)
    root = parsed(page)
    assert tree(root, value) == tree(parsed(render("x")))
    for node, name, url in urls(root):
        if url.startswith("javascript:f(") and node.tag == "a":
            assert re.fullmatch(r"javascript:f\([A-Za-z0-9]*\)", url)
        else:
            assert scheme(url) in FINE | {None}, (node.tag, name, url)
        if node.get("class") == "host" and not value.startswith("/"):
            assert stays_there(url), url


@pytest.mark.parametrize("value", sorted(set(VALUES)), ids=ascii)
def test_content_arrives(render, value):
    """What is shown is what was given, as far as HTML can show it."""
    shown = re.sub("\r\n?", "\n", value)
    root = parsed(render(value))
    if re.search("[\0\x01-\x08\x0b\x0e-\x1f\x7f-\x9f\r]", value):
        return  # parsers disagree about controls
    for node in root.iter():
        if node.get("id") in ("text", "escaped"):
            assert node.text == shown
        if node.get("id") in ("two", "one", "bare"):
            assert node.get("title") == shown


@pytest.mark.parametrize("value", sorted(set(VALUES)), ids=ascii)
def test_styles_and_scripts(render, value):
    root, plain = parsed(render(value)), parsed(render("x"))
    style = root.find(".//style").text
    for sign in "{};()<":
        assert style.count(sign) == plain.find(".//style").text.count(sign)
    for node, other in zip(root.iter("p"), plain.iter("p")):
        for sign in ";({<":
            if "style" in node.attrib and "style" in other.attrib:
                assert node.get("style").count(sign) == \
                    other.get("style").count(sign)
    data = json.loads(root.find(".//script").text)
    assert data == {"a": value, "b": value}
