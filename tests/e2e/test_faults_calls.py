"""Short forms of calls to the system that fail; `make faults` has all of
them."""

import os

import pytest

import calls
from figures import Figures

# Where something fails in a short campaign, spread over its life.
SAMPLE = [2, 17]
ONCE = ("connect", "no descriptors")


@pytest.mark.parametrize("way", ["read", "write", "connect", "no descriptors",
                                 "no buffers"])
def test_calls_of_a_worker(sending, way):
    """D-23, D-31"""
    assert calls.sweep(sending, Figures(), way, calls.WORKER,
                       [1] if way in ONCE else SAMPLE)


@pytest.mark.parametrize("way", ["read", "write"])
def test_calls_of_the_scheduler(sending, way):
    assert calls.sweep(sending, Figures(), way, calls.SCHEDULER, SAMPLE)


# The sanitizers have an allocator of their own: this takes the other build.
RELEASE = os.path.join(os.path.dirname(calls.BUILD), "release/volley")


@pytest.mark.skipif(not os.path.exists(RELEASE), reason="no release build")
@pytest.mark.parametrize("fork", [calls.SCHEDULER, calls.WORKER])
def test_memory(sending, fork, monkeypatch):
    """D-30, foreign libraries included"""
    monkeypatch.setattr("sending.VOLLEY", RELEASE)
    assert calls.sweep(sending, Figures(), "memory", fork, [10, 300])
