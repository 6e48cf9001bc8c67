"""volley lint: warnings for people, and for programs."""

import json
import os
import subprocess

import pytest

from server import VOLLEY

FOOT = ('<p><a href="{{ unsubscribe_url }}">Leave</a> '
        "{{ postal_address }}</p>\n")


def lint(*arguments, cwd=None):
    return subprocess.run([VOLLEY, "lint", *arguments], cwd=cwd, check=False,
                          capture_output=True, text=True)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "good.html").write_text("<p>Hello</p>\n" + FOOT)
    (tmp_path / "bad.html").write_text(
        '<p>Hello</p>\n  <img src="https://x.test/a.png" width="5">\n' + FOOT)
    (tmp_path / "body.md").write_text("# Hello\n\n[a](www.x.test)\n" + FOOT)
    (tmp_path / "wrong.html").write_text("<p>\n{{ x | nothing }}</p>")
    (tmp_path / "letter.txt").write_text("Hello")
    return tmp_path


def test_nothing_to_say(files):
    result = lint("good.html", cwd=files)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_warnings_have_their_place(files):
    result = lint("good.html", "bad.html", "body.md", cwd=files)
    assert result.returncode == 1
    first, second = result.stdout.splitlines()
    assert first.startswith("bad.html:2:3: missing-alt: ")
    assert second.startswith("body.md:3:5: broken-link: ")


def test_snippets_of_a_folder(files):
    (files / "parts").mkdir()
    (files / "parts" / "foot.html").write_text(FOOT)
    (files / "body.html").write_text("<p>Hello</p>\n{% render 'foot' %}\n")
    assert lint("body.html", cwd=files).returncode == 2
    result = lint("body.html", "--snippets", "parts", cwd=files)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_parts_of_a_message(files):
    (files / "layout.html").write_text(
        "<html><body>{{ content }}</body></html>")
    result = lint("letter.txt", "--subject", "Re: you", cwd=files)
    assert [line.split(": ")[:2] for line in result.stdout.splitlines()] == [
        ["letter.txt", "subject"], ["letter.txt", "missing-unsubscribe"],
        ["letter.txt", "missing-postal-address"]]
    assert "subject-reply-prefix" in result.stdout
    result = lint("good.html", "--layout", "layout.html", cwd=files)
    assert result.stdout.startswith("layout.html:1:1: missing-lang: ")
    result = lint("wrong.html", "--text", "letter.txt", cwd=files)
    assert result.returncode == 2


def test_for_programs(files):
    result = lint("bad.html", "--json", cwd=files)
    assert result.returncode == 1
    warning = json.loads(result.stdout)
    assert warning.pop("text")
    assert warning == {"file": "bad.html", "part": "html", "line": 2,
                       "column": 3, "rule": "missing-alt"}


def test_what_is_no_template(files):
    result = lint("wrong.html", "bad.html", cwd=files)
    assert result.returncode == 2
    assert result.stderr.startswith("wrong.html:2:")
    assert "missing-alt" in result.stdout  # the others are looked at
    result = lint("absent.html", cwd=files)
    assert result.returncode == 2 and "absent.html" in result.stderr


def test_wrong_calls():
    for arguments in ([], ["--nonsense", "x"]):
        result = lint(*arguments)
        assert result.returncode == 2
        assert result.stderr.count("usage: volley lint") == 1
    result = lint("--help")
    assert result.returncode == 0
    assert result.stdout.startswith("usage: volley lint")


def test_starters_are_clean():
    folder = "templates/starters"
    names = [os.path.join(folder, name) for name in sorted(os.listdir(folder))
             if name.endswith(".html")]
    result = lint(*names)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
