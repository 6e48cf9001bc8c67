"""Short forms of what happens to mailboxes and their pollers; `make faults`
runs the long ones."""

import pytest

import churn
import mailboxes
from figures import Figures
from polling import Polling


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
    mailboxes.killed(scene, Figures(), 5, 1000, move)


@pytest.mark.parametrize("move", [False, True])
def test_cut_off(scene, move):
    """R-007"""
    mailboxes.cut_off(scene, Figures(), 401, move)


@pytest.mark.parametrize("after", ["keep", "keyword"])
def test_other_clients(scene, after):
    """R-012"""
    churn.churn(scene, Figures(), 3, 100, after)
