"""D-27: kill -9 of the process that answers links, under load.  Whoever was
sent on is counted, nobody twice, and nobody who left stays."""

import threading
import time

import requests

import clickers
from server import Server
from whole import wait_for

PEOPLE = 2000


class Leavers(threading.Thread):
    """One after the other leaves; who was told that it worked."""

    def __init__(self, api, tokens):
        super().__init__(daemon=True)
        self.api, self.tokens, self.told = api, tokens, set()
        self.stopping = False

    def run(self):
        for n, token in enumerate(self.tokens, 1):
            if self.stopping:
                return
            try:
                r = requests.post(f"{self.api.url}/u/{token}", timeout=10,
                                  data={"List-Unsubscribe": "One-Click"})
                if r.status_code == 200:
                    self.told.add(n)
            except requests.RequestException:
                time.sleep(0.05)


def load_until(api, load, clicks):
    told = load.told
    wait_for(lambda: load.told >= told + clicks, 120)
    api.process.kill()
    api.process.wait()


def kills(postgres, figures, count, clicks, connections=16, depth=8):
    """So many kills, each after so many clicks more."""
    api = Server(postgres.create()).start()
    c, tokens = clickers.mailing(api, PEOPLE)
    leavers = Leavers(api, tokens)
    leavers.start()
    began = time.time()
    load = clickers.Clickers(api.address, tokens, connections, depth)
    for _ in range(count):
        load_until(api, load, clicks)
        api.start_api()
    wait_for(lambda: load.told > 0)
    leavers.stopping = True
    load.stop()
    leavers.join(30)
    figures.note("clicks a second", round(load.told / (time.time() - began)))
    events = "SELECT count(*) FROM event WHERE kind = 'click'"
    wait_for(lambda: api.value(events) >= load.told, 300)
    time.sleep(2)  # what was written and not answered
    recorded = api.value(events)
    gone = {row[0] & 0xffffffff for row in api.sql(
        "SELECT delivery_id FROM event WHERE kind = 'unsubscribe'")}
    figures.note("kills", count)
    figures.note("clicks answered", load.told)
    figures.exactly("answered and not recorded",
                    max(0, load.told - recorded), 0)
    figures.at_most("recorded", recorded, load.sent)
    figures.exactly("left and still there", len(leavers.told - gone), 0)
    figures.at_least("left", len(leavers.told), 1)
    api.stop()
