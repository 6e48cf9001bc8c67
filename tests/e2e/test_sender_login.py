"""A wrong password costs one attempt, whoever sends (S-048)."""

import signal
import time

from sending import wait_for

LOGIN = {"name": "Relay", "host": "127.0.0.1", "tls": "none",
         "username": "news@example.com", "password": "open sesame"}


def make_account(sending, sink, **more):
    return sending.api().post("/v1/accounts",
                              LOGIN | {"port": sink.port} | more)["id"]


def logins(sink):
    return [int(row[-1]) for row in sink.events("login")]


def paused(sending):
    return sending.value("SELECT state FROM smtp_account") == "paused"


def test_one_attempt_over_all_workers(sending):
    sink = sending.sink("--password", "another", "--events", "login")
    account = make_account(sending, sink)
    sending.contacts(200)
    sending.campaign(account)
    senders = [sending.sender("--lease-size=10", "--workers=4")
               for _ in range(2)]
    wait_for(lambda: paused(sending), 20)
    time.sleep(1)
    assert logins(sink) == [535]
    # Another password is worth another attempt; the right one goes on.
    one = f"/v1/accounts/{account}"
    sending.api().ok("PATCH", one, {"password": "wrong as well"})
    wait_for(lambda: paused(sending), 20)
    assert logins(sink) == [535, 535]
    assert sending.states() == {"pending": 200}
    sending.api().ok("PATCH", one, {"password": "another"})
    sending.wait_finished()
    for sender in senders:
        sending.stop(sender)
    assert sending.states() == {"accepted": 200}
    assert logins(sink).count(535) == 2


def test_refused_in_the_middle(sending):
    """At most one more a worker."""
    sink = sending.sink("--auth-fail-after", "500", "--require-auth",
                        "--events", "login")
    make_account(sending, sink, max_connections=64)
    sending.contacts(1000)
    sending.campaign(1)
    sender = sending.sender("--retry-first-s=1")
    wait_for(lambda: paused(sending), 30)
    time.sleep(1)
    sending.stop(sender)
    assert logins(sink).count(535) <= 2
    assert sending.states()["accepted"] == 500
    assert "failed" not in sending.states()


def test_attempts_count_over_restarts(sending):
    """Workers that die after they were refused do not make it more."""
    sending.kills = True
    sink = sending.sink("--rule", "auth=stall", "--events", "login,open")
    make_account(sending, sink)
    sending.contacts(20)
    sending.campaign(1)
    opened = []
    for _ in range(5):
        sender = sending.sender("--workers=1")
        before = len(sink.events("open"))
        try:
            wait_for(lambda b=before: len(sink.events("open")) > b, 4)
        except AssertionError:
            pass
        opened.append(len(sink.events("open")) > before)
        children = sending.children(sender)
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        wait_for(lambda c=children: not any(alive(p) for p in c), 10)
        sending.sql("UPDATE account_login SET held_until = now()")
    assert opened == [True, True, True, False, False]
    assert "account_unreachable" in sending.log()
    assert sending.states() == {"pending": 20}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
