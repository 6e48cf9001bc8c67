"""Processes end, stop and multiply (D-01, D-02, D-03, D-09, D-10)."""

import collections
import itertools
import os
import pathlib
import random
import signal
import time
from concurrent import futures

import sinklog
from sending import wait_for

CONNECTIONS = 16
SETTINGS = ("--lease-size=1000", "--lease-s=6", "--retry-first-s=1",
            "--retry-max-s=1")


class Tail:
    """How many messages a sink has accepted, without reading them again."""

    def __init__(self, path):
        self.path, self.at, self.lines = path, 0, 0

    def count(self):
        if self.path.exists():
            with open(self.path, "rb") as f:
                f.seek(self.at)
                data = f.read()
            self.at += len(data)
            self.lines += data.count(b"\n")
        return self.lines


def kill_all(sending, sender):
    for pid in [*sending.children(sender), sender.pid]:
        os.kill(pid, signal.SIGKILL)
    sender.wait()


def kill_one(sending, sender, rng):
    """One of the workers; the scheduler is the first child."""
    workers = sending.children(sender)[1:]
    if workers:
        os.kill(rng.choice(workers), signal.SIGKILL)
    return bool(workers)


def kills(sending, figures, count, recipients, policy="resend", delay="0-200",
          seed=1, per_kill=CONNECTIONS, tell=lambda text: None):
    """D-01: `count` kills, spread over the campaign; one in three is of
    everything, which is then started anew."""
    rng = random.Random(seed)
    sending.kills = True
    sink = sending.sink("--delay-ms", delay)
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=CONNECTIONS),
                     on_uncertain=policy)
    tail, sender = Tail(sink.log), sending.sender(*SETTINGS)
    places = sorted(rng.uniform(0.01, 0.85) * recipients for _ in range(count))
    done = 0
    for place in places:
        wait_for(lambda p=place: tail.count() >= p, 300, 0.01)
        if rng.random() < 1 / 3:
            wait_for(lambda s=sender: len(sending.children(s)) > 1, 60, 0.02)
            kill_all(sending, sender)
            sender = sending.sender(*SETTINGS)
            done += 1
        else:
            wait_for(lambda s=sender: kill_one(sending, s, rng), 60, 0.02)
            done += 1
        tell(f"{done} killed, {tail.count()} messages")
    sending.wait_finished(1, 120 + recipients // 50)
    sending.stop(sender)
    figures.note("kills", done)
    figures.note("recipients", recipients)
    result = sending.prove(sink)
    figures.exactly("unexplained duplicates", 0, 0)  # prove() says so
    if policy == "hold":
        figures.ledger(result, duplicates=0, uncertain_max=per_kill * done)
    else:
        figures.ledger(result, uncertain_max=per_kill * done,
                       duplicates_max=per_kill * done)
    return result


def terminations(sending, figures, times, recipients, delay="50-300"):
    """D-03: SIGTERM with messages on the wire, again and again."""
    sink = sending.sink("--delay-ms", delay)
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=CONNECTIONS))
    slowest, tail = 0.0, Tail(sink.log)
    for _ in range(times):
        before = tail.count()
        sender = sending.sender(*SETTINGS)
        wait_for(lambda b=before: tail.count() > b + CONNECTIONS, 60, 0.02)
        began = time.time()
        sending.stop(sender, 30)
        slowest = max(slowest, time.time() - began)
        assert sending.status() == "running", "too few recipients"
    figures.note("SIGTERMs", times)
    figures.at_most("slowest exit, s", round(slowest, 1), 15)
    figures.exactly("held leases", sending.value(
        "SELECT count(*) FROM lease WHERE holder IS NOT NULL"), 0)
    sending.run_due(*SETTINGS)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


ACTIONS = ("pause", "throttle", "configure", "stop")


def actions(sending, figures, times, recipients, every=0.3, seed=1):
    """D-02: paused, resumed, throttled, configured anew, stopped and started
    through the API, while it runs."""
    rng = random.Random(seed)
    rules = pathlib.Path(sending.home, "rules")
    rules.write_text("dot=delay 0-200\n", encoding="ascii")
    sink = sending.sink("--rules", str(rules))
    api = sending.api()
    sending.contacts(recipients)
    account = sending.account(sink.port, max_connections=CONNECTIONS)
    sending.campaign(account)
    sender, tail = sending.sender(*SETTINGS), Tail(sink.log)
    wait_for(lambda: tail.count() > 0)
    done, wrong = collections.Counter(), 0
    for _ in range(times):
        time.sleep(rng.uniform(0, 2 * every))
        action = rng.choice(ACTIONS)
        done[action] += 1
        if action == "pause":
            api.post("/v1/campaigns/1/pause", {}, 200)
            time.sleep(rng.uniform(0, every))
            api.post("/v1/campaigns/1/resume", {}, 200)
        elif action == "stop":
            # Before that there is nobody who could end in order.
            wait_for(lambda p=sender: sending.children(p))
            sending.stop(sender)
            sender = sending.sender(*SETTINGS)
        else:
            api.ok("PATCH", f"/v1/accounts/{account}",
                   {"per_second": rng.choice((None, 50, 100, 200))}
                   if action == "throttle" else
                   {"max_connections": rng.choice((4, 8, CONNECTIONS))}, 200)
        wrong += early_end(sending)
    assert sending.status() == "running", "too few recipients"
    rules.write_text("", encoding="ascii")
    sink.reload()
    api.ok("PATCH", f"/v1/accounts/{account}", {"per_second": None}, 200)
    sending.wait_finished(1, 300)
    sending.stop(sender)
    figures.note("actions", sum(done.values()))
    for action in ACTIONS:
        figures.note(f"  {action}", done[action])
    figures.exactly("finished with pending > 0", wrong, 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def early_end(sending):
    return sending.value(
        "SELECT count(*) FROM campaign c WHERE status = 'finished' AND audience"
        " > (SELECT count(DISTINCT delivery_id) FROM outcome)")


def freeze(sending, sender, seconds):
    """Stops all of a sender, waits until others have taken what it held and
    are done with it, and lets it go on.  That, and when it did."""
    pids = [sender.pid, *sending.children(sender)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    began = time.time()
    held = sending.sql("SELECT first_id, last_id FROM lease WHERE NOT done"
                       " AND holder LIKE %s", f"%:{sender.pid}:%")
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM lease WHERE NOT done AND first_id = ANY(%s)",
        [first for first, _ in held]) == 0, seconds + 60)
    time.sleep(max(0, began + seconds - time.time()))
    woken = time.time()
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)
    return held, woken


def late_dots(sending, sink, sleeps):
    """Messages that only the sleeper can have sent, after it woke up.  What
    it says it never sent is attempted again, by whoever it may be."""
    again = {row[0] for row in sending.sql(
        "SELECT delivery_id FROM outcome WHERE state = 'accepted'"
        " AND attempt > 1")}
    came = [(int(line[0]) / 1e6, sinklog.delivery_of(line[3]))
            for line in sink.lines()]
    return sum(at > woken and first <= delivery <= last
               and delivery not in again
               for held, woken in sleeps for first, last in held
               for at, delivery in came)


def frozen(sending, figures, rounds, recipients, lease_s=2, asleep_s=3.5,
           connections=8):
    """D-09: a sender is stopped for longer than its leases last, another one
    takes over, and the first wakes up."""
    sink = sending.sink("--delay-ms", "100-200")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=connections))
    settings = (f"--lease-s={lease_s}", "--lease-size=60",
                "--lease-window=50", "--workers=1")
    sending.kills = True  # a supervisor may find a worker to be stuck
    senders = itertools.cycle([sending.sender(*settings),
                               sending.sender(*settings)])
    tail, sleeps = Tail(sink.log), []
    for _ in range(rounds):
        sender = next(senders)
        before = tail.count()
        wait_for(lambda b=before: tail.count() >= b + 2 * connections)
        sleeps.append(freeze(sending, sender, asleep_s))
        assert sending.status() == "running", "too few recipients"
    sending.wait_finished(1, 300)
    for _ in range(2):
        sending.stop(next(senders))
    figures.note("rounds", rounds)
    figures.at_least("leases taken over",
                     sum(len(held) for held, _ in sleeps), rounds // 2)
    # Its sleep was not theirs.
    figures.exactly("groups called slow", sending.log().count("state=slow"), 0)
    figures.exactly("sent after it woke up",
                    late_dots(sending, sink, sleeps), 0)
    # Who was past the dot when it stopped, and could not be told in time.
    figures.ledger(sending.prove(sink), duplicates=0,
                   uncertain_max=recipients)
    figures.at_most("uncertain at the end",
                    sending.states().get("uncertain", 0), rounds * connections)


def many(sending, figures, senders, recipients, starts=20, runs=4, rounds=1):
    """D-10: several senders, calls of cron and calls to start at once."""
    sink = sending.sink()
    sending.contacts(recipients)
    account = sending.account(sink.port)
    processes = [sending.sender("--workers=1", "--lease-size=100")
                 for _ in range(senders)]
    answers = collections.Counter()
    for _ in range(rounds):
        campaign = sending.campaign(account, status="draft")
        answers += start_often(sending, campaign, starts, runs)
        sending.wait_finished(campaign, 300)
    for process in processes:
        sending.stop(process)
    figures.note("senders", senders)
    figures.note("calls of cron", rounds * runs)
    # It is started, or it is running already.
    figures.exactly("starts answered", answers[202] + answers[409],
                    rounds * starts)
    figures.exactly("started", sending.log().count("event=campaign_started"),
                    rounds)
    figures.exactly("audience",
                    sending.value("SELECT sum(audience) FROM campaign"),
                    rounds * recipients)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def start_often(sending, campaign, starts, runs):
    """All at once; the answers to the starts."""
    api = sending.api()

    def start(_):
        return api.call("POST", f"/v1/campaigns/{campaign}/start",
                        {}).status_code

    def cron(_):
        return sending.volley("run-due", "--workers=1").wait(300)

    with (futures.ThreadPoolExecutor(24) as callers,
          futures.ThreadPoolExecutor(6) as crons):
        ended = crons.map(cron, range(runs))
        answers = collections.Counter(callers.map(start, range(starts)))
        assert set(ended) <= {0}, sending.log()
    return answers
