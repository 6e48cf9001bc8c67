"""One of twenty recipient domains misbehaves: the others keep their pace,
nobody is lost, and its own people get their message when it is well again
(D-13, D-15, S-054).  Each form sends to two sinks at once, one of them well,
so that what else the machine does is the same for both."""

import pathlib
import time

from sending import wait_for

BAD = "@d7.example.com"
DOMAINS = 20
CONNECTIONS = 16
QUICK = ("--retry-first-s=1", "--retry-max-s=8")
# What the domain does; replies come after that many seconds.
TARPITS = {
    "slow reply": "rcpt to:{bad}=delay {ms}",
    "a byte at a time": "rcpt to:{bad}=slow 1/5000",
    "a window that stays shut": "data to:{bad}=slow-read 1/5000",
    "slow after the dot": "dot to:{bad}=delay {ms}",
}
# RFC 5321's longest: somebody may stand behind what is never answered.
LAST_S = 900
STORM = "rcpt to:{bad} chance:0.5=451 4.7.1 rate limited, try later"


def healthy(sink):
    """When messages to the other domains were taken, in seconds."""
    return sorted(int(line[0]) / 1e6 for line in sink.lines()
                  if not line[2].endswith(BAD))


def rate(sink):
    """Of nearly all: a few stand behind a message that takes long, on its
    connection, and come late."""
    times = healthy(sink)
    times = times[:len(times) * 98 // 100]
    return len(times) / (times[-1] - times[0])


def memory_kib(sending, sender):
    """Of the largest process of a sender; a journal's pages are a file's."""
    sizes = []
    for pid in sending.children(sender):
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        sizes += [int(line.split()[1]) for line in text.splitlines()
                  if line.startswith("RssAnon:")]
    return max(sizes)


def connections_to(port):
    """Ours: a server that sleeps has not noticed yet what we have closed."""
    rows = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii")
    fields = [row.split() for row in rows.splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01"
               for row in fields)


class Pair:
    """A sink that is well, one with the rules, and a campaign for each."""

    def __init__(self, sending, people, *rules, timeout_s=0):
        self.sending, self.people = sending, people
        self.most = 0  # connections at once
        self.memory = []  # whenever it was looked at
        self.rules = pathlib.Path(sending.home, "rules")
        self.rules.write_text("\n".join(rules) + "\n", encoding="ascii")
        self.calm = sending.sink("--delay-ms", "100")
        self.bad = sending.sink("--delay-ms", "100", "--rules",
                                str(self.rules))
        sending.contacts(people)
        for sink in (self.calm, self.bad):
            sending.campaign(sending.account(sink.port,
                                             max_connections=CONNECTIONS))
        self.sender = sending.sender("--workers=1", *QUICK,
                                     f"--smtp-timeout-s={timeout_s}")

    def look(self):
        self.most = max(self.most, connections_to(self.bad.port))
        self.memory.append(memory_kib(self.sending, self.sender))
        return len(healthy(self.bad))

    def others(self, seconds):
        """Until nearly all of the other domains have theirs; their pace against
        that of the sink that is well."""
        want = self.people * (DOMAINS - 1) // DOMAINS * 98 // 100
        wait_for(lambda: self.look() >= want, seconds, 0.2)
        wait_for(lambda: len(self.calm.lines()) == self.people, seconds, 0.2)
        return rate(self.bad) / rate(self.calm)

    def mend(self):
        self.rules.write_text("", encoding="ascii")
        self.bad.reload()

    def finish(self, figures, seconds, **wanted):
        for campaign in (1, 2):
            self.sending.wait_finished(campaign, seconds)
        figures.exactly("sender ended by itself", self.sender.poll(), None)
        self.sending.stop(self.sender)
        figures.ledger(self.sending.prove(self.calm, self.bad), **wanted)
        states = self.sending.states()
        figures.exactly("accepted or uncertain", states["accepted"]
                        + states.get("uncertain", 0), 2 * self.people)


def tarpit(sending, figures, kind, people=4000, reply_s=290, hold_s=30):
    """D-15: the domain holds on to what is sent to it; also after all others
    have theirs."""
    shut = "window" in kind
    pair = Pair(sending, people,
                TARPITS[kind].format(bad=BAD, ms=1000 * reply_s),
                timeout_s=30 if shut else 0)
    wait_for(lambda: len(pair.calm.lines()) > people // 2)
    before = memory_kib(sending, pair.sender)
    figures.at_least("pace of the others", round(pair.others(600), 3), 0.95)
    for _ in range(hold_s):
        time.sleep(1)
        pair.look()
    figures.note("memory in the middle, KiB", before)
    figures.at_most("memory after that, % of it",
                    round(100 * max(pair.memory) / before, 1), 105)
    figures.at_most("connections", pair.most, CONNECTIONS)
    pair.mend()
    # A final dot that went into a shut window may have arrived.
    pair.finish(figures, LAST_S, duplicates=0,
                uncertain_max=CONNECTIONS if shut else 0)


def storm(sending, figures, people=4000, lasts_s=60):
    """D-13: half of what goes to the domain is deferred, then it clears."""
    pair = Pair(sending, people, STORM.format(bad=BAD))
    began = time.time()
    figures.at_least("pace of the others", round(pair.others(600), 3), 0.95)
    time.sleep(max(0, lasts_s - (time.time() - began)))
    pair.mend()
    pair.finish(figures, 120, duplicates=0, uncertain=0)
    # 1 s, 2 s, 4 s, 8 s, 8 s ...; each within a fifth of it.
    figures.at_most("attempts", sending.value(
        "SELECT max(attempt) FROM outcome"), 5 + (lasts_s + 30) // 6)
