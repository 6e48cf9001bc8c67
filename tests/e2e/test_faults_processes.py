"""Short forms of what happens to processes; `make faults` runs the long
ones, `make fault-kill` the one that counts."""

import pytest

import kills
from figures import Figures


def test_kills(sending):
    """D-01"""
    kills.kills(sending, Figures(), 6, 900, delay="0-100")


def test_terminations(sending):
    """D-03"""
    kills.terminations(sending, Figures(), 3, 400)


def test_actions(sending):
    """D-02"""
    kills.actions(sending, Figures(), 8, 2500, every=0.2)


def test_frozen(sending):
    """D-09"""
    kills.frozen(sending, Figures(), 2, 1500)


@pytest.mark.parametrize("senders", [2, 8])
def test_many(sending, senders):
    """D-10"""
    kills.many(sending, Figures(), senders, 1500, starts=8, runs=2)
