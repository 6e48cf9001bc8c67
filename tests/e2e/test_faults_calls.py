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


@pytest.mark.skipif("asan" in os.path.basename(calls.BUILD),
                    reason="ASan has its own allocator")
@pytest.mark.parametrize("fork", [calls.SCHEDULER, calls.WORKER])
def test_memory(sending, fork):
    """D-30, foreign libraries included"""
    assert calls.sweep(sending, Figures(), "memory", fork, [10, 300])
