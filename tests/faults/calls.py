"""Calls to the system that fail at their k-th time, for every k, in each of a
sender's processes (D-23, D-30, D-31).  See failing.h for what fails them."""

import errno
import os
import re

from sending import VOLLEY

BUILD = os.path.dirname(os.path.realpath(VOLLEY))
PEOPLE = 20
SECONDS = 60  # a campaign that lasts longer hangs
SCHEDULER, WORKER = 1, 2  # in the order in which they are forked

# Group, errno, how many times in a row.
WAYS = {
    "read": ("read", errno.ECONNRESET, 1),
    "write": ("write", errno.ECONNRESET, 1),
    "read of a file": ("read", errno.EIO, 1),
    "write to a file": ("write", errno.EIO, 1),
    "connect": ("connect", errno.ECONNREFUSED, 1),
    "no buffers": ("write", errno.ENOBUFS, 3),
    "no buffers to connect": ("connect", errno.ENOBUFS, 3),
    "no descriptors": ("open", errno.EMFILE, 5),
    "sync": ("sync", errno.EIO, 1),
    "disk full": ("space", errno.ENOSPC, 1),
    "memory": ("memory", errno.ENOMEM, 1),
}


def shim(way):
    """The library to preload; it stands beside the program, or it has to be
    another build of the same: sanitizers have an allocator of their own."""
    name = "failing_memory.so" if way == "memory" else "failing.so"
    return os.path.join(BUILD, "tests/faults", name)


def run(sending, way, k, fork):
    """One campaign in which it happens, and what is left of it without; True
    when there was a k-th call."""
    group, number, times = WAYS[way]
    log = f"{sending.home}/failing"
    if os.path.exists(log):
        os.unlink(log)
    preload = {
        "LD_PRELOAD": shim(way), "FAILING": f"{group}:{k}:{number}:{times}",
        "FAILING_FORK": str(fork), "FAILING_LOG": log,
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1"}
    clean = dict(sending.env)
    sending.env.update(preload)
    campaign = sending.campaign(1, on_uncertain="resend")
    process = sending.volley(
        "run-due", "--workers=1", "--retry-first-s=1", "--retry-max-s=1",
        f"--journal-sync={'disk' if way == 'sync' else 'process'}")
    status = process.wait(SECONDS)
    sending.env = clean
    assert status in (0, 1), f"{way} {k}: {status}\n{sending.log()}"
    if sending.status(campaign) != "finished":
        sending.run_due("--workers=1")
    assert sending.status(campaign) == "finished", f"{way} {k}"
    with open(log, encoding="utf-8") as lines:
        return any(line.startswith(f"{group} ") for line in lines)


def sweep(sending, figures, way, fork, ks):
    """For these k, as long as there are so many calls."""
    sending.kills = True  # a process may end, in order
    sink = sending.sink()
    sending.account(sink.port, max_connections=2)
    sending.contacts(PEOPLE)
    failed = 0
    for k in ks:
        if not run(sending, way, k, fork):
            break
        failed += 1
    figures.note("calls that failed", failed)
    figures.ledger(sending.prove(sink), uncertain_max=failed * PEOPLE)
    # libuv ends a process without memory as we do, but by abort().
    allowed = "06" if way == "memory" else "0"
    signals = re.findall(
        rf"event=process_ended.* signal=(?![{allowed}]\b).*", sending.log())
    figures.exactly("ended by a signal", signals, [])
    return failed
