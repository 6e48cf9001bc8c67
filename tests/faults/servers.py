"""Servers that put off, say goodbye and forget who we are (D-13, D-14, D-18);
groups.py has those of which one domain drags (D-15)."""

import time

from sending import wait_for
from token_endpoint import TokenEndpoint

QUICK = ("--retry-first-s=1", "--retry-max-s=2")
ENDPOINT_TROUBLE = ((500, {}), "close", (503, {"error": "temporarily_unavailable"}),
                    "hang")
COMMANDS = ("connect", "ehlo", "auth", "mail", "rcpt", "data", "dot", "rset",
            "quit")


def storm(sending, figures, seconds, recipients, every=0.5):
    """D-13: for some seconds, half of all RCPT are put off."""
    sink = sending.sink("--events", "try", "--rule",
                        f"rcpt chance:{every} until:{seconds}"
                        "=451 4.7.1 try again later")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK, seconds=600)
    attempts = sending.value("SELECT max(attempt) FROM outcome")
    figures.note("put off", sending.value(
        "SELECT count(*) FROM outcome WHERE state = 'deferred'"))
    # A new attempt every second or two, and one after the storm.
    figures.at_most("attempts a recipient", attempts, seconds + 3)
    figures.exactly("accepted", sending.states(), {"accepted": recipients})
    figures.exactly("suppressed", sending.value(
        "SELECT count(*) FROM suppression"), 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def goodbyes(sending, figures, every, recipients, commands=COMMANDS):
    """D-14: 421 to every n-th of each command, a sink for each; and to every
    n-th connection."""
    accounts, sinks = [], []
    for command in commands:
        sinks.append(sending.sink(
            "--drop-after", str(max(every, 3)), "--events", "fault", "--rule",
            f"{command}@{every}=421 4.3.2 closing the channel"))
        accounts.append(sending.api().post("/v1/accounts", {
            "name": command, "host": "127.0.0.1", "port": sinks[-1].port,
            "tls": "none", "username": "u", "password": "p",
            "max_connections": 4})["id"])
    sending.contacts(recipients)
    sending.campaign(*accounts)
    sending.run_due(*QUICK, seconds=600)
    figures.exactly("accepted", sending.states(), {"accepted": recipients})
    figures.exactly("accounts paused", sending.value(
        "SELECT count(*) FROM smtp_account WHERE state = 'paused'"), 0)
    figures.at_least("goodbyes", sum(len(s.events("fault")) for s in sinks),
                     recipients // 25)
    figures.at_least("sinks used", sum(bool(s.copies()) for s in sinks),
                     len(sinks) - 1)
    figures.ledger(sending.prove(*sinks), duplicates=0, uncertain=0)


def forgotten_login(sending, figures, recipients, seconds=3):
    """D-18: nobody is let in for a while, in the middle of a campaign; a
    wrong password is told to a person, and nobody is refused for it."""
    sink = sending.sink("--require-auth", "--drop-after", "20",
                        "--events", "login", "--delay-ms", "5")
    account = sending.api().post("/v1/accounts", {
        "name": "a", "host": "127.0.0.1", "port": sink.port, "tls": "none",
        "username": "u", "password": "p"})["id"]
    sending.contacts(recipients)
    sending.campaign(account)
    sender = sending.sender(*QUICK)
    sending.wait_recorded(recipients // 10)
    port = sink.port
    sink.process.terminate()  # whole replies, and the log is whole
    sink.process.wait()
    other = sending.sink("--require-auth", "--rule",
                         "login=535 5.7.8 not now", "--events", "login",
                         port=port)
    wait_for(lambda: sending.value("SELECT state FROM smtp_account")
             == "paused", 20)
    time.sleep(seconds)
    logins = len(other.events("login"))
    figures.at_least("logins tried meanwhile", logins, 1)
    figures.at_most("logins tried meanwhile", logins, 3)
    figures.exactly("failed", sending.states().get("failed", 0), 0)
    other.process.terminate()
    other.process.wait()
    again = sending.sink("--require-auth", port=port)
    sending.sql("UPDATE smtp_account SET state = 'active'")
    sending.wait_finished(1, 60)
    sending.stop(sender)
    figures.exactly("failed at the end", sending.states().get("failed", 0), 0)
    figures.ledger(sending.prove(sink, again), duplicates=0,
                   uncertain_max=10)


def tokens(sending, figures, rounds, per_second=20):
    """D-18: tokens that last for seconds, and an endpoint that fails in
    between, in turns; it all goes on by itself."""
    endpoint = TokenEndpoint(life=12)
    sink = sending.sink("--mechanisms", "XOAUTH2", "--token", "token-*",
                        "--token-life", "14", "--require-auth", "--events",
                        "login", "--drop-after", "5")
    sending.api().post("/v1/accounts", {
        "name": "a", "host": "127.0.0.1", "port": sink.port, "tls": "none",
        "username": "u", "oauth": endpoint.grant(), "per_second": per_second})
    sending.contacts(rounds * per_second * 40)
    sending.campaign(1)
    sender, slowest = sending.sender(*QUICK), 0.0
    for n in range(rounds):
        granted = endpoint.granted
        wait_for(lambda g=granted: endpoint.granted > g)
        endpoint.answer = ENDPOINT_TROUBLE[n % len(ENDPOINT_TROUBLE)]
        time.sleep(13)  # it was to be renewed, and is over
        endpoint.answer, before = "grant", sending.recorded()
        began = time.time()
        wait_for(lambda b=before: sending.recorded() > b + per_second, 120)
        slowest = max(slowest, time.time() - began)
        assert sending.status() == "running", "too few recipients"
    sending.sql("UPDATE smtp_account SET per_second = NULL,"
                " version = version + 1")
    sending.wait_finished(1, 300)
    sending.stop(sender)
    endpoint.stop()
    codes = [int(row[-1]) for row in sink.events("login")]
    figures.note("rounds", rounds)
    figures.note("slowest to go on, s", round(slowest, 1))
    figures.note("logins", len(codes))
    figures.at_most("of them refused", len(codes) - codes.count(235), 3)
    figures.exactly("states", set(sending.states()), {"accepted"})
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)
