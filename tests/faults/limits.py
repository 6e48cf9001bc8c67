"""What a host has too little of: names, descriptors, memory (D-19, D-22,
D-23)."""

import collections
import contextlib
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading
import time

from kills import Tail
from mail import certificate
from sending import VOLLEY, wait_for

SETTINGS = ("--retry-first-s=1", "--retry-max-s=1")
RSS_KIB_MAX = 64 * 1024
DNS = "127.9.9.9"
# In a mount namespace of its own, with a resolver of our choice.
WITH_RESOLVER = ("unshare", "-m", "sh", "-c",
                 'mount --bind "$0" /etc/resolv.conf && exec "$@"')


def started(sending, prefix, *args):
    """A process of ours under another program."""
    with open(sending.log_path, "ab") as log:
        process = subprocess.Popen([*prefix, VOLLEY, *args], env=sending.env,
                                   stdout=log, stderr=log)
    sending.processes.append(process)
    return process


def name_is_missing(sending, figures, recipients, seconds=3):
    """D-19: a host that no resolver knows; later it does."""
    sink = sending.sink()
    account = sending.account(sink.port, host="mx.invalid",
                              ca_file="/nonexistent", tls="starttls")
    sending.contacts(recipients)
    sending.campaign(account)
    sender = sending.sender(*SETTINGS)
    wait_for(lambda: sending.status() == "running")
    time.sleep(seconds)
    figures.exactly("states meanwhile", sending.states(),
                    {"pending": recipients})
    figures.exactly("account", sending.value(
        "SELECT state FROM smtp_account"), "active")
    sending.sql("UPDATE smtp_account SET host = '127.0.0.1', tls = 'none',"
                " ca_file = '', version = version + 1")
    sending.wait_finished(1, 60)
    sending.stop(sender)
    figures.exactly("accepted", sending.states(), {"accepted": recipients})
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def resolver_is_silent(sending, figures, recipients, whole=True):
    """D-19: no answer to any question; another account goes on, and nobody
    is refused.  What was meant for the first waits for the lookup, half a
    minute; `whole`: so does the test."""
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind((DNS, 53))
    path = pathlib.Path(sending.home, "resolv.conf")
    path.write_text(f"nameserver {DNS}\n", encoding="ascii")
    sink = sending.sink()
    sending.contacts(recipients)
    sending.campaign(
        sending.account(25, name="far", host="mx.example.com", tls="starttls"),
        sending.account(sink.port))
    sender = started(sending, (*WITH_RESOLVER, str(path)), "sender", *SETTINGS,
                     "--workers=1")
    began = time.time()
    sending.wait_recorded(recipients * 3 // 4, 20)
    figures.at_most("seconds for three quarters",
                    round(time.time() - began, 1), 10)
    if whole:
        sending.wait_finished(1, 60)
    sending.stop(sender)
    asked = 0
    deaf.setblocking(False)
    try:
        while deaf.recv(512):
            asked += 1
    except BlockingIOError:
        deaf.close()
    figures.at_least("questions", asked, 1)
    figures.exactly("failed", sending.states().get("failed", 0), 0)
    result = sending.prove(sink, drained=whole)
    figures.exactly("duplicates", result["duplicates"], 0)
    figures.exactly("uncertain", result["uncertain"], 0)


class Resolver:
    """Knows that mx.example.com is this host, and answers as it feels: good,
    servfail, missing (NXDOMAIN), slow (after three seconds) or silent."""

    MOODS = ("servfail", "missing", "slow", "silent")

    def __init__(self):
        self.mood, self.asked = "good", collections.Counter()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((DNS, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                question, peer = self.socket.recvfrom(512)
                mood = self.mood
                self.asked[mood] += 1
                if mood != "silent":
                    threading.Timer(3 if mood == "slow" else 0, self.answer,
                                    (question, peer, mood)).start()

    def answer(self, question, peer, mood):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack(">H", question[end - 4:end - 2])[0]
        code = {"servfail": 2, "missing": 3}.get(mood, 0)
        known = code == 0 and kind == 1  # A
        reply = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, known,
                                           0, 0) + question[12:end]
        if known:
            reply += struct.pack(">HHHIH4s", 0xc00c, 1, 1, 0, 4,
                                 bytes((127, 0, 0, 1)))
        with contextlib.suppress(OSError):
            self.socket.sendto(reply, peer)

    def close(self):
        self.socket.close()


def resolver_moods(sending, figures, changes, per_second=40):
    """D-19: the only server's name is looked up again and again, and the
    resolver fails in every way there is."""
    stack = certificate(sending.home, "DNS:mx.example.com")
    path = pathlib.Path(sending.home, "resolv.conf")
    path.write_text(f"nameserver {DNS}\noptions timeout:2 attempts:1\n",
                    encoding="ascii")
    sink = sending.sink("--tls", "starttls", "--cert", stack.cert, "--key",
                        stack.key, "--drop-after", "5")
    account = sending.account(sink.port, host="mx.example.com", tls="starttls",
                              ca_file=stack.ca, per_second=per_second)
    sending.contacts(changes * per_second * 15)
    sending.campaign(account)
    resolver, tail, slowest = Resolver(), Tail(sink.log), 0.0
    sender = started(sending, (*WITH_RESOLVER, str(path)), "sender", *SETTINGS)
    for n in range(changes):
        before = tail.count()
        wait_for(lambda b=before: tail.count() > b + per_second)
        resolver.mood = Resolver.MOODS[n % len(Resolver.MOODS)]
        asked = resolver.asked[resolver.mood]
        wait_for(lambda m=resolver.mood, a=asked: resolver.asked[m] > a, 30)
        time.sleep(2)
        resolver.mood = "good"
        began, before = time.time(), tail.count()
        wait_for(lambda b=before: tail.count() > b + per_second)
        slowest = max(slowest, time.time() - began)
        assert sending.status() == "running", "too few recipients"
    figures.note("moods", changes)
    figures.note("slowest to go on, s", round(slowest, 1))
    sending.sql("UPDATE smtp_account SET per_second = NULL,"
                " version = version + 1")
    sending.wait_finished(1, 300)
    sending.stop(sender)
    resolver.close()
    figures.exactly("states", set(sending.states()), {"accepted"})
    figures.exactly("account", sending.value(
        "SELECT state FROM smtp_account"), "active")
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def few_descriptors(sending, figures, recipients, limits=(40,),
                    connections=100):
    """D-23: more connections are allowed than there are descriptors."""
    sink = sending.sink("--delay-ms", "20")
    sending.contacts(recipients)
    account = sending.account(sink.port, max_connections=connections)
    for descriptors in limits:
        campaign = sending.campaign(account)
        sender = started(sending, ("prlimit", f"--nofile={descriptors}"),
                         "sender", "--workers=1", *SETTINGS)
        sending.wait_finished(campaign, 300)
        figures.exactly(f"ended by itself with {descriptors}", sender.poll(),
                        None)
        sending.stop(sender)
    figures.exactly("crashes", sending.log().count("event=process_ended"), 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def peak_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(
            encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


@contextlib.contextmanager
def memory_group(limit_kib):
    """A folder of the kernel's for processes with so much memory in all; None
    where nobody may make one."""
    root = pathlib.Path("/sys/fs/cgroup")
    old = (root / "memory").is_dir()
    folder = root / ("memory" if old else "") / f"volley-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if old else "memory.max")
         ).write_text(str(limit_kib * 1024), encoding="ascii")
    except OSError:
        folder = None
    yield folder
    if folder is not None:
        folder.rmdir()


def oom_kills(folder):
    for name in ("memory.oom_control", "memory.events"):
        if (folder / name).exists():
            return int(re.search(r"^oom_kill (\d+)", (folder / name).read_text(
                encoding="ascii"), re.M).group(1))
    return 0


def small_memory(sending, figures, recipients):
    """D-22: a large campaign in little memory: no process has more, and
    where the kernel lets us, they have no more in all."""
    sink = sending.sink("--threads", "2")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=20))
    with memory_group(RSS_KIB_MAX) as folder:
        into = ("sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "-"
                ) if folder else ()
        sender = started(sending, into, "sender")
        scheduler, *workers = wait_for(
            lambda: len(sending.children(sender)) == 3
            and sending.children(sender))
        began = time.time()
        sending.wait_finished(1, 3000)
        figures.note("recipients", recipients)
        figures.note("seconds", round(time.time() - began))
        figures.at_most("peak of a worker, KiB",
                        max(peak_kib(pid) for pid in workers), RSS_KIB_MAX)
        figures.at_most("peak of the scheduler, KiB", peak_kib(scheduler),
                        RSS_KIB_MAX)
        figures.exactly("the same workers", sending.children(sender)[1:],
                        workers)
        sending.stop(sender)
        if folder:
            figures.exactly("killed for memory (64 MiB in all)",
                            oom_kills(folder), 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)
