"""Workers stay small, however many recipients there are."""

import os
import pathlib

import pytest

from sending import RECIPIENTS, VOLLEY, wait_for

LIMIT_KIB = 64 * 1024


def peak_kib(pid):
    """The most that it ever had in memory."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


@pytest.mark.skipif("/asan/" in os.path.realpath(VOLLEY),
                    reason="ASan needs memory of its own")
def test_peak_memory(sending):
    count = max(RECIPIENTS, 20000)
    sink = sending.sink()
    sending.contacts(count)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender()
    workers = wait_for(lambda: sending.children(sender)[1:])
    sending.wait_finished(1, 300)
    peaks = [peak_kib(pid) for pid in workers]
    sending.stop(sender)
    print("peak KiB", peaks)
    assert len(sink.copies()) == count
    assert 0 < max(peaks) <= LIMIT_KIB
