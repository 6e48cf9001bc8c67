"""Goal: a mistake in diagnosis.rules stops the build with its place and in
words, and the file as it is has none."""
import pathlib
import subprocess

import pytest

MAIL = pathlib.Path(__file__).parents[2] / "lib/mail"


def translate(rules):
    return subprocess.run(
        ["awk", "-f", MAIL / "diagnosis.awk", MAIL / "diagnosis_rules.h", rules],
        capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("text, line, why", [
    ("full full\n\tbox full\n", 1, "a rule has a name"),
    ("Full full delivery\n\tbox full\n", 1, "not a name: Full"),
    ("full fool delivery\n\tbox full\n", 1, "no such verdict: fool"),
    ("full full dusk\n\tbox full\n", 1, "no such phases: dusk"),
    ("full full delivery 3xx\n\tbox full\n", 1, "not a class of replies: 3xx"),
    ("# a\n\n\tbox full\n", 3, "phrases before the first rule"),
    ("full full delivery\n\tbox full | | x\n", 2, "an empty phrase"),
    ("full full delivery\n\tbox  full\n", 2, "two blanks inside"),
    ("full full delivery\n\ta \"box\" full\n", 2, "a quotation mark"),
    ("full full delivery\n\tbox full\n\tbox full\n", 3, "phrase of line 2 again"),
    ("full full delivery\n\ta\nfull full delivery\n\tb\n", 3, "a second rule"),
    ("full full delivery\n", 1, "a rule without phrases"),
])
def test_a_mistake_is_named(tmp_path, text, line, why):
    rules = tmp_path / "bad.rules"
    rules.write_text(text)
    done = translate(rules)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{rules}:{line}: {why}")


def test_several_rules_share_their_phrases(tmp_path):
    rules = tmp_path / "good.rules"
    rules.write_text("a quota session\nb full report 5xx\n\tfull | \" rbl\"\n")
    done = translate(rules)
    assert done.returncode == 0, done.stderr
    assert '{"a", SESSION, 0, QUOTA},' in done.stdout
    assert '{"b", REPORT, 5, FULL},' in done.stdout
    assert done.stdout.count('"full"') == 2
    assert done.stdout.count('" rbl"') == 2


def test_the_file_as_it_is(tmp_path):
    done = translate(MAIL / "diagnosis.rules")
    assert done.returncode == 0, done.stderr
