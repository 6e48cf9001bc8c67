"""The wire is cut, falls silent or changes bytes (D-04, D-05, D-16, D-17)."""

import random
import re
import time

import wire
from mail import certificate
from sending import wait_for
from wire import CLIENT, SERVER, Fault, Proxy

QUICK = ("--retry-first-s=1", "--retry-max-s=1", "--workers=1")
DONE = rb"250 2\.0\.0 queued as \d+\r\n"
SPOKEN = re.compile(DONE)


def tls_options(sending, tls):
    """Of a sink; and of the account that trusts it."""
    if tls == "none":
        return (), {}
    stack = certificate(sending.home)
    return (("--tls", tls, "--cert", stack.cert, "--key", stack.key),
            {"tls": tls, "ca_file": stack.ca})


def session_lengths(sending, port, columns):
    """Bytes that either side says in a session of one message, up to the
    reply to its dot; what was sent is in the ledger like the rest."""
    proxy = Proxy(port, keep=True)
    account = sending.account(proxy.port, max_connections=1, **columns)
    sending.contacts(1, "measure")
    sending.campaign(account, name="measure")
    sending.run_due("--workers=1")
    lengths = dict(proxy.pairs[-1].passed)
    proxy.close()
    return lengths


class Cuts:
    """Deals offsets to connections: one within the first message, then one
    within the second, and so on.  A server that decides about no message on
    several connections in a row makes the sender wait longer and longer, and
    so does the test: they are dealt as they come, since neighbours are alike."""

    def __init__(self, lengths, step, how):
        self.early, self.late, self.how = [], [], how
        for side, length in lengths.items():
            for at in range(0, length, step):
                self.early.append((side, at))
                self.late.append((side, length + at))
        for offsets in (self.early, self.late):
            random.Random(length).shuffle(offsets)
        self.total = len(self.early) + len(self.late)

    def plan(self, number):
        queues = ((self.early, self.late) if number % 2
                  else (self.late, self.early))
        for queue in queues:
            if queue:
                side, at = queue.pop()
                return Fault(side, at, self.how)
        return None

    def left(self):
        return len(self.early) + len(self.late)


def sweep(sending, figures, step, tls="none", policy="resend", accounts=8,
          how="close"):
    """D-04: a connection ends after every step-th byte of either side."""
    options, columns = tls_options(sending, tls)
    sink = sending.sink(*options)
    cuts = Cuts(session_lengths(sending, sink.port, columns), step, how)
    proxies = [Proxy(sink.port, cuts.plan, keep=tls == "none")
               for _ in range(accounts)]
    # Two messages a connection at most, one of them on the cut; more where a
    # session is resumed, which needs fewer bytes than the one measured.
    sending.contacts((2 if tls == "none" else 5) * cuts.total + 50 * accounts)
    sending.campaign(*[sending.account(p.port, max_connections=1,
                                       name=f"a{p.port}", **columns)
                       for p in proxies], on_uncertain=policy)
    sending.run_due(*QUICK, "--lease-size=5000", seconds=1800)
    figures.note("offsets", cuts.total)
    figures.exactly("offsets not tried", cuts.left(), 0)
    # The last ones may be planned past what was said on their connection.
    struck = sum(p.struck for p in proxies)
    figures.at_least("cuts", struck, cuts.total * 9 // 10)
    told = sum(len(SPOKEN.findall(bytes(pair.said[SERVER])))
               for p in proxies for pair in p.pairs)
    for proxy in proxies:
        proxy.close()
    result = sending.prove(sink, uncertain_max=struck)
    copies = result["campaigns"][-1]
    untold = copies["messages"] - told if tls == "none" else None
    check_sweep(figures, result, copies, untold, policy)


def check_sweep(figures, result, copies, untold, policy):
    """`untold`: copies whose reply did not get through whole."""
    if policy == "hold":
        figures.ledger(result, duplicates=0)
    else:
        figures.ledger(result)
        figures.exactly("uncertain at the end", copies["uncertain"], 0)
    extra = copies["messages"] - copies["reached"]
    if untold is not None and policy == "resend":
        figures.exactly("copies more than people", extra, untold)
    figures.note("copies", copies["messages"])


def lost_replies(sending, figures, count, how, policy, seconds=0.0,
                 timeout_s=2):
    """D-05: the server has taken the message; its reply ends the connection,
    does not come, or comes just in time."""
    sink = sending.sink()

    def plan(number):
        return (Fault(SERVER, match=b"250 2.0.0 queued", nth=2, how=how,
                      seconds=seconds) if number <= count else None)

    proxy = Proxy(sink.port, plan)
    sending.contacts(count + 50 if how == "late" else count * 2 + 200)
    sending.campaign(sending.account(proxy.port, max_connections=20),
                     on_uncertain=policy)
    sending.run_due(*QUICK, f"--smtp-timeout-s={timeout_s}", seconds=600)
    struck = proxy.struck
    proxy.close()
    if how == "late":
        figures.at_least("replies delayed", struck, count)
    else:
        figures.exactly("replies spoilt", struck, count)
    lost = 0 if how == "late" else struck
    result = sending.prove(sink, uncertain_max=struck)
    copies = result["campaigns"][0]
    figures.ledger(result, duplicates=lost if policy == "resend" else 0,
                   uncertain=lost)
    figures.exactly("copies", copies["messages"],
                    copies["audience"] + (lost if policy == "resend" else 0))


def real_time(sending, figures, count):
    """D-05 with RFC 5321's times: (c) silent for longer than they last, under
    both policies, and (d) answered just before they end.  A campaign, an
    account and a connection for each message, so that none stands behind
    another."""
    sinks = [sending.sink("--rule", f"dot first:{count}={action}")
             for action in ("lose stall", "lose stall", "delay 590000")]
    sending.contacts(1)
    for sink, policy in zip(sinks, ("resend", "hold", "resend")):
        for n in range(count):
            sending.campaign(sending.account(
                sink.port, name=f"{sink.port}-{n}", max_connections=1),
                on_uncertain=policy)
    began, sender = time.time(), sending.sender(*QUICK[:2])
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM campaign WHERE status <> 'finished'") == 0, 1500)
    figures.note("seconds", round(time.time() - began))
    sending.stop(sender)
    result = sending.prove(*sinks)
    for what, n in (("resent", 0), ("held", count), ("just in time",
                                                      2 * count)):
        rows = result["campaigns"][n:n + count]
        figures.exactly(f"doubled, {what}", sum(
            r["duplicates"] for r in rows), count if n == 0 else 0)
        figures.exactly(f"left uncertain, {what}", sum(
            r["uncertain"] for r in rows), count if n == count else 0)
    figures.ledger(result, duplicates=count, uncertain=2 * count)


# What the client is about to say, or the server, when all falls silent.
PHASES = {
    "greeting": (SERVER, b"220 ", "none"),
    "ehlo": (CLIENT, b"EHLO", "none"),
    "ehlo reply": (SERVER, b"250-", "none"),
    "starttls": (CLIENT, b"STARTTLS", "starttls"),
    "handshake": (CLIENT, b"\x16\x03\x01", "implicit"),
    "auth": (CLIENT, b"AUTH", "none"),
    "mail": (CLIENT, b"MAIL FROM", "none"),
    "rcpt": (CLIENT, b"RCPT TO", "none"),
    "data": (CLIENT, b"DATA\r\n", "none"),
    "body": (CLIENT, b"Subject:", "none"),
    "dot": (CLIENT, b"\r\n.\r\n", "none"),
    "dot reply": (SERVER, b"250 2.0.0 queued", "none"),
}
HANDSHAKE_S = 30  # SMTP_LINK_CONNECT_MS, which no setting shortens


def silence(sending, figures, phases=tuple(PHASES), timeout_s=2, rounds=1):
    """D-16: half-open connections, in every phase."""
    proxies, accounts, sinks = {}, [], []
    login = {"username": "u", "password": "p"}
    for name in phases:
        side, match, tls = PHASES[name]
        options, columns = tls_options(sending, tls)
        sink = sending.sink("--without", "PIPELINING", *options)
        sinks.append(sink)
        proxies[name] = Proxy(sink.port, lambda n, s=side, m=match: Fault(
            s, match=m, how="silent") if n <= rounds else None)
        accounts.append(sending.api().post("/v1/accounts", {
            "name": name, "host": "127.0.0.1", "port": proxies[name].port,
            "tls": "none", "max_connections": 1, **login, **columns})["id"])
    sending.contacts(60 * len(phases))
    sending.campaign(*accounts, on_uncertain="resend")
    sending.run_due(*QUICK, f"--smtp-timeout-s={timeout_s}", seconds=300)
    for name, proxy in proxies.items():
        check_silence(figures, name, proxy, timeout_s, rounds)
        proxy.close()
    # Only who had the dot behind him can have been taken.
    doubtful = rounds * sum(name in ("dot", "dot reply", "body")
                            for name in phases)
    figures.ledger(sending.prove(*sinks, uncertain_max=doubtful),
                   duplicates=rounds * ("dot reply" in phases))


def check_silence(figures, name, proxy, timeout_s, rounds):
    limit = HANDSHAKE_S if name == "handshake" else timeout_s
    struck = [p for p in proxy.pairs if p.struck_at is not None]
    figures.exactly(f"silent in {name}", len(struck), rounds)
    slowest = max(p.closed_at - p.struck_at for p in struck)
    figures.at_most(f"noticed in {name}, s", round(slowest, 1), limit + 2)


def spoilt_tls(sending, figures, count, tls="implicit", seed=1, accounts=4):
    """D-17: bytes that change on the way, connections that end without a
    close_notify, in TLS; nothing goes in the clear for it."""
    options, columns = tls_options(sending, tls)
    sink = sending.sink(*options)
    lengths = session_lengths(sending, sink.port, columns)
    rng = random.Random(seed)
    left = list(range(count))
    clear = 400 if tls == "starttls" else 0  # before the handshake

    def plan(number):
        if not left:
            return None
        left.pop()
        side = rng.choice((CLIENT, SERVER))
        first = number % 2 == 1
        low = min(clear, lengths[side] - 1) if first else lengths[side]
        high = lengths[side] * (1 if first else 2)
        return Fault(side, rng.randrange(low, high),
                     rng.choice(("flip", "flip", "close", "reset")))

    proxies = [Proxy(sink.port, plan, keep=True) for _ in range(accounts)]
    sending.contacts(3 * count + 50 * accounts)
    sending.campaign(*[sending.account(p.port, max_connections=1,
                                       name=f"a{p.port}", **columns)
                       for p in proxies], on_uncertain="resend")
    sender = sending.sender(*QUICK)
    began = time.time()
    while sending.status(2) != "finished" and time.time() - began < 600:
        # A certificate with a changed byte is the account's fault, as far as
        # anybody can tell: a person says that it is right.
        sending.sql("UPDATE smtp_account SET state = 'active'"
                    " WHERE state = 'paused'")
        time.sleep(0.2)
    sending.wait_finished(2, 5)
    sending.stop(sender)
    struck = sum(p.struck for p in proxies)
    figures.exactly("faults left", len(left), 0)
    figures.at_least("faults", struck, count * 8 // 10)
    figures.exactly("said in the clear", in_the_clear(proxies, tls), [])
    for proxy in proxies:
        proxy.close()
    figures.ledger(sending.prove(sink, uncertain_max=struck),
                   duplicates_max=struck)


def in_the_clear(proxies, tls):
    """What clients said outside of TLS and should not have."""
    found = []
    for pair in (pair for p in proxies for pair in p.pairs):
        said = bytes(pair.said[CLIENT])
        for word in (b"MAIL FROM", b"RCPT TO", b"AUTH ", b"Subject:"):
            if word in said:
                found.append(word)
        if tls == "implicit" and said and said[:2] != b"\x16\x03":
            found.append(said[:20])
    return found


def wait_struck(proxy, count, seconds=60):
    wait_for(lambda: proxy.struck >= count, seconds)


__all__ = ["PHASES", "lost_replies", "silence", "spoilt_tls", "sweep", "wire"]
