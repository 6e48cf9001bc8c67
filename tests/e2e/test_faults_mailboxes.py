"""Short forms of what happens to mailboxes and their pollers; `make faults`
runs the long ones."""

import os
import re
import subprocess

import pytest

import churn
import mailboxes
from figures import Figures
from polling import Polling
from server import VOLLEY

CUTS = os.path.join(os.path.dirname(os.path.realpath(VOLLEY)),
                    "tests/tools/imap-cuts")


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def test_numbered_anew(scene):
    """R-008"""
    mailboxes.renumbered(scene, Figures(), 300)


@pytest.mark.parametrize("move", [False, True])
def test_killed(scene, move):
    """D-26"""
    mailboxes.killed(scene, Figures(), 3 if move else 5, 1000, move)


@pytest.mark.parametrize("move", [False, True])
def test_cut_off(scene, move):
    """R-007"""
    mailboxes.cut_off(scene, Figures(), 401, move)


@pytest.mark.parametrize("move", [False, True])
def test_cut_at_offsets(move):
    """The same, of a model: 120 of all that the long form has."""
    done = subprocess.run([CUTS, "101", "40", *(["move"] if move else [])],
                          capture_output=True, text=True, check=False)
    counts = {what: int(n) for what, n in re.findall(
        r"(missed|left|recorded again|moved too early) (\d+)", done.stdout)}
    if move:  # read again, to be moved
        assert counts.pop("recorded again") > 0
    assert (done.returncode, sum(counts.values())) == (0, 0), done.stderr


@pytest.mark.parametrize("after", ["keep", "keyword"])
def test_other_clients(scene, after):
    """R-012"""
    churn.churn(scene, Figures(), 3, 100, after)
