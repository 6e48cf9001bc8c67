"""Links are found where a browser finds them: Python's html.parser reads
sources before and after, and sees the same but for the tracked hrefs."""

import html.parser
import os
import pathlib
import random
import subprocess

TOOL = pathlib.Path(os.environ.get("VOLLEY_BIN", "build/asan/volley")
                    ).parent / "tests/tools/html-links"
SOURCES = 2000

HREFS = ["https://a.test/", "https://a.test/?x=1&amp;y=2", "HTTP://b.test/%d",
         "https://c.test/?u={{ u }}", "{{ story.url }}", "https://d.test/&eacute;",
         "https://e.test/?m={{ m | default: 'none' }}#top"]
ALONE = ["mailto:a@b.test", "tel:+1", "sms:1", "cid:x", "#top", "", "/path",
         "{{ unsubscribe_url }}", "{{ preferences_url }}", "mailto:{{ m }}"]
BETWEEN = ["text ", "<p>", "</p>", "<br/>", "{{ name }}", "{% if a > b %}",
           "{% endif %}", "<!-- <a href='https://no.test'> -->", "1 &lt; 2",
           "<td class=x {% if y %}bgcolor=\"#fff\"{% endif %}>", "&nbsp;",
           "<style>a > b { color: red }</style>", "<img src=https://i.test>",
           "<title>a {{ b }}</title>", "<link href=\"https://no.test\">"]
OTHERS = ["", " class=\"a > b\"", " title='{{ t }}'", " style=color:red", " ID"]


class Reader(html.parser.HTMLParser):
    """What happens, in order; hrefs of links apart."""

    def __init__(self, source):
        super().__init__(convert_charrefs=False)
        self.events, self.hrefs = [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag in ("a", "area", "v:rect"):
            self.hrefs += [value for name, value in attrs if name == "href"]
            attrs = [(name, value) for name, value in attrs if name not in
                     ("href", "data-volley-track")]
        self.events.append((tag, attrs))

    def handle_endtag(self, tag):
        self.events.append(("/", tag))

    def handle_data(self, data):
        self.events.append(("text", data))

    handle_comment = handle_entityref = handle_charref = handle_decl = handle_data


def link(pick):
    """The source of a link, and whether it may be tracked."""
    href = pick.choice(HREFS + ALONE)
    href = href % pick.randrange(5) if "%d" in href else href
    off = pick.random() < 0.1
    quote = pick.choice("\"'") if "'" not in href else '"'
    attributes = [f"href={quote}{href}{quote}", pick.choice(OTHERS).strip(),
                  "data-volley-track=\"off\"" if off else ""]
    pick.shuffle(attributes)
    tag = pick.choice(["a", "A", "area", "v:rect"])
    return f"<{tag} {' '.join(filter(None, attributes))}>", off


def source(pick):
    parts, off = [], []
    for _ in range(pick.randrange(1, 30)):
        if pick.random() < 0.4:
            text, is_off = link(pick)
            parts.append(text)
            off.append(is_off)
        else:
            parts.append(pick.choice(BETWEEN))
    return "".join(parts), off


def tracked(href):
    return href.lower().startswith(("http://", "https://", "{{ story"))


def check(before, after, off, links):
    old, new = Reader(before), Reader(after)
    assert old.events == new.events
    assert len(old.hrefs) == len(new.hrefs) == len(off)
    numbers = {}
    for was, now, is_off in zip(old.hrefs, new.hrefs, off):
        if is_off or not tracked(was):
            assert now == was
            continue
        number = numbers.setdefault(was, len(numbers))
        personal = "{{" in was
        assert links[number] == ("p " if personal else "s ") + was
        assert now == (f"{{% link {number} %}}{was}{{% endlink %}}" if personal
                       else "{{ __click }}%d" % number)
    assert len(links) == len(numbers)


def test_links_are_those_that_a_browser_sees():
    pick = random.Random(1)
    sources = [source(pick) for _ in range(SOURCES)]
    out = subprocess.run(
        [TOOL], check=True, stdout=subprocess.PIPE,
        input=b"".join(text.encode() + b"\0" for text, _ in sources)).stdout
    answers = out.decode().split("\0")[:-1]
    assert len(answers) == 2 * SOURCES
    for (before, off), after, links in zip(sources, answers[::2], answers[1::2]):
        check(before, after, off, links.splitlines())
        if not any(off) and not links:
            assert before == after
