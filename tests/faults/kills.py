"""Processes end, stop and multiply (D-01, D-02, D-03, D-09, D-10)."""

import itertools
import os
import random
import signal
import threading
import time

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


def actions(sending, figures, times, recipients, every=0.3, seed=1):
    """D-02: paused, resumed, throttled, unthrottled, stopped and started
    through the API, while it runs."""
    rng = random.Random(seed)
    sink = sending.sink("--delay-ms", "0-50")
    api = sending.api()
    sending.contacts(recipients)
    account = sending.account(sink.port, max_connections=CONNECTIONS)
    sending.campaign(account)
    sender, tail = sending.sender(*SETTINGS), Tail(sink.log)
    wait_for(lambda: tail.count() > 0)
    wrong = 0
    for n in range(times):
        time.sleep(rng.uniform(0, 2 * every))
        action = rng.choice(("pause", "throttle", "stop"))
        if action == "pause":
            api.call("POST", "/v1/campaigns/1/pause", {})
            time.sleep(rng.uniform(0, every))
            api.call("POST", "/v1/campaigns/1/resume", {})
        elif action == "throttle":
            api.ok("PATCH", f"/v1/accounts/{account}",
                   {"per_second": rng.choice((None, 200, 400, 800))}, 200)
        else:
            sending.stop(sender)
            sender = sending.sender(*SETTINGS)
        wrong += early_end(sending)
    api.ok("PATCH", f"/v1/accounts/{account}", {"per_second": None}, 200)
    api.call("POST", "/v1/campaigns/1/resume", {})
    sending.wait_finished(1, 300)
    sending.stop(sender)
    figures.note("actions", times)
    figures.exactly("finished with pending > 0", wrong, 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def early_end(sending):
    return sending.value(
        "SELECT count(*) FROM campaign c WHERE status = 'finished' AND audience"
        " > (SELECT count(DISTINCT delivery_id) FROM outcome)")


def frozen(sending, figures, rounds, recipients, lease_s=2, connections=8):
    """D-09: a sender is stopped for longer than its leases last, another one
    takes over, and the first wakes up."""
    sink = sending.sink("--delay-ms", "100-200")
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=connections))
    settings = (f"--lease-s={lease_s}", "--lease-size=200",
                "--lease-window=50", "--workers=1")
    sending.kills = True  # a supervisor may find a worker to be stuck
    senders = itertools.cycle([sending.sender(*settings),
                               sending.sender(*settings)])
    tail = Tail(sink.log)
    for _ in range(rounds):
        sender = next(senders)
        before = tail.count()
        wait_for(lambda b=before: tail.count() >= b + 2 * connections)
        pids = [sender.pid, *sending.children(sender)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(lease_s * 1.5 + 0.5)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
        assert sending.status() == "running", "too few recipients"
    sending.wait_finished(1, 300)
    for _ in range(2):
        sending.stop(next(senders))
    figures.note("rounds", rounds)
    # Who was past the dot when it stopped, and could not be told in time.
    figures.ledger(sending.prove(sink), duplicates=0,
                   uncertain_max=recipients)
    figures.at_most("uncertain at the end",
                    sending.states().get("uncertain", 0), rounds * connections)


def many(sending, figures, senders, recipients, starts=20, runs=4):
    """D-10: several senders, calls of cron and calls to start at once."""
    sink = sending.sink()
    api = sending.api()
    sending.contacts(recipients)
    campaign = sending.campaign(sending.account(sink.port), status="draft")
    processes = [sending.sender("--workers=1", "--lease-size=100")
                 for _ in range(senders)]
    answers = []

    def start():
        answers.append(api.call("POST", f"/v1/campaigns/{campaign}/start",
                                {}).status_code)

    threads = [threading.Thread(target=start) for _ in range(starts)]
    for thread in threads:
        thread.start()
    crons = [sending.volley("run-due", "--workers=1") for _ in range(runs)]
    for thread in threads:
        thread.join()
    sending.wait_finished(campaign, 300)
    for process in crons:
        assert process.wait(60) == 0, sending.log()
    for process in processes:
        sending.stop(process)
    figures.note("senders", senders)
    # It is started, or it is running already.
    figures.exactly("starts answered",
                    answers.count(202) + answers.count(409), starts)
    figures.exactly("started", sending.log().count("event=campaign_started"),
                    1)
    figures.exactly("audience", sending.value("SELECT audience FROM campaign"),
                    recipients)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)
