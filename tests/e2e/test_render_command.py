"""`volley render`: files in, what one recipient gets out, no server."""

import email
import email.policy
import os
import pathlib
import subprocess

import pytest

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/asan/volley"))
ROOT = pathlib.Path(__file__).parents[2]


def render(folder, *words, fails=False):
    done = subprocess.run([VOLLEY, "render", *words], cwd=folder,
                          capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


@pytest.fixture
def folder(tmp_path):
    for name, content in {
            "a.html": "<p>Hi {{ name }}{% render 'sign' %}</p>\n",
            "a.md": "# Hi {{ name }}\n", "a.txt": "Hi {{ name }}\n",
            "layout.html": "<html><body>{{ content }}</body></html>",
            "de.json": '{"en": {"hi": "Hi"}, "de": {"hi": "Moin"}}',
            "t.html": "{{ 'hi' | t }} {{ name }}",
            "data.json": '{"name": "Zoë", "email": "zoe@example.org",'
                         ' "locale": "de"}',
            "defaults.json": '{"town": "Kiel"}',
            "gap.html": "<p>{{ town }}</p>",
            "bild.png": "\x89PNG", "bad.html": "<p>\n{{ x | nope }}",
            "skips.html": "{% abort_message 'no city' %}",
            "bad_layout.html": "<body>\n\n  {% if %}{{ content }}",
            "bad_snippet.html": "<p>\n{% render 'bad' %}"}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/sign.html").write_text("<br>We")
    (tmp_path / "parts/bad.liquid").write_text("\n {{ y | nope }}")
    return tmp_path


def test_html_with_a_snippet_in_a_layout(folder):
    assert render(folder, "a.html", "--data", "data.json", "--snippets",
                  "parts", "--layout", "layout.html") == (
        "<html><body><p>Hi Zoë<br>We</p>\n</body></html>")


def test_markdown_and_text(folder):
    for words in (["a.md"], ["a.txt", "--markdown"]):
        out = render(folder, "--data", "data.json", *words)
        assert "Hi Zoë" in out
        assert ("<h1>" in out) == (words == ["a.md"])
    assert render(folder, "a.txt", "--data", "data.json") == "Hi Zoë\n"


def test_translations_and_missing_values(folder):
    assert render(folder, "t.html", "--data", "data.json", "--translations",
                  "de.json") == "Moin Zoë"
    assert render(folder, "gap.html") == "<p></p>"
    assert render(folder, "gap.html", "--missing", "default", "--defaults",
                  "defaults.json") == "<p>Kiel</p>"
    assert render(folder, "gap.html", "--missing", "fail",
                  fails=True).startswith("gap.html:1:")
    assert "--missing" in render(folder, "gap.html", "--missing", "x",
                                 fails=True)


def test_postal_address_is_the_setting(folder):
    (folder / "foot.txt").write_text("{{ postal_address }}")
    assert render(folder, "foot.txt") == "1 Example Street, Example Town"
    assert render(folder, "foot.txt", "--postal-address", "Kai 7, Kiel") == (
        "Kai 7, Kiel")


def test_whole_message(folder):
    out = render(folder, "a.html", "--snippets", "parts", "--eml", "--subject",
                 "Für {{ name }}", "--data", "data.json", "--attach", "a.txt",
                 "--attach", "bild.png,inline=logo", "--from",
                 "Café <cafe@example.com>", "--base-url", "https://m.example.com")
    message = email.message_from_string(out, policy=email.policy.default)
    assert message["Subject"] == "Für Zoë"
    assert str(message["From"]) == "Café <cafe@example.com>"
    assert message["To"].addresses[0].addr_spec == "zoe@example.org"
    assert message["List-Unsubscribe"].startswith("<https://m.example.com/u/")
    kinds = [p.get_content_type() for p in message.walk()]
    assert kinds == ["multipart/mixed", "multipart/related",
                     "multipart/alternative", "text/plain", "text/html",
                     "image/png", "text/plain"]
    image = list(message.walk())[5]
    assert image["Content-ID"] == "<logo>"
    assert image.get_filename() == "bild.png"


@pytest.mark.parametrize("words, said", [
    (["bad.html"], "bad.html:2:"),
    (["a.html", "--layout", "bad_layout.html", "--snippets", "parts"],
     "bad_layout.html:3:"),
    (["bad_snippet.html", "--snippets", "parts"], "bad"),
    (["a.html", "--snippets", "nowhere"], "a.html:1:"),
    (["nowhere.html"], "nowhere.html"),
    (["skips.html"], "skips.html:1:1: skipped: no city"),
    (["a.md", "--data", "bild.png"], "bild.png: "),
    (["a.md", "--from", "nobody"], "--from"),
    (["a.md", "--attach", "parts/../bild.png,inline=a b"], "content id"),
])
def test_errors_name_file_and_place(folder, words, said):
    assert said in render(folder, *words, fails=True)


def test_wrong_calls_and_help(folder):
    assert "usage" in render(folder, fails=True)
    assert "usage" in render(folder, "a.md", "--nope", fails=True)
    assert "--snippets" in render(folder, "--help")


@pytest.mark.parametrize("html", sorted(
    p.name for p in (ROOT / "templates/starters").glob("*.html")))
def test_starters_are_messages(html):
    path = ROOT / "templates/starters" / html
    out = render(ROOT, str(path), "--data", str(path.with_suffix(".json")),
                 "--eml")
    message = email.message_from_string(out, policy=email.policy.default)
    assert [p.defects for p in message.walk()] == [[], [], []]
    assert "{{" not in message.get_body(("html",)).get_content()
