"""What a host has too little of: names, descriptors, memory (D-19, D-22,
D-23)."""

import pathlib
import socket
import subprocess
import time

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


def few_descriptors(sending, figures, recipients, descriptors=40,
                    connections=100):
    """D-23: more connections are allowed than there are descriptors."""
    sink = sending.sink("--delay-ms", "20")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=connections))
    sender = started(sending, ("prlimit", f"--nofile={descriptors}"), "sender",
                     "--workers=1", *SETTINGS)
    sending.wait_finished(1, 300)
    figures.exactly("ended by itself", sender.poll(), None)
    sending.stop(sender)
    figures.exactly("crashes", sending.log().count("event=process_ended"), 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def peak_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(
            encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def small_memory(sending, figures, recipients):
    """D-22: a large campaign in little memory."""
    sink = sending.sink("--threads", "2")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=20))
    sender = sending.sender()
    workers = wait_for(lambda: sending.children(sender)[1:])
    scheduler = sending.children(sender)[0]
    began = time.time()
    sending.wait_finished(1, 3000)
    figures.note("recipients", recipients)
    figures.note("seconds", round(time.time() - began))
    figures.at_most("peak of a worker, KiB",
                    max(peak_kib(pid) for pid in workers), RSS_KIB_MAX)
    figures.at_most("peak of the scheduler, KiB", peak_kib(scheduler),
                    RSS_KIB_MAX)
    figures.exactly("the same workers", sending.children(sender)[1:], workers)
    sending.stop(sender)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)
