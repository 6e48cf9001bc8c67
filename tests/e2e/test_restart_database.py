"""PostgreSQL ends and comes back while the API writes: what was answered is
there."""

import threading
import time

import psycopg2
import pytest
import requests

from postgres import Postgres
from server import Server

RESTARTS = 3


@pytest.fixture(name="own", scope="module")
def own_postgres():
    """One of this file's own: others must not see it end."""
    server = Postgres()
    server.start()
    yield server
    server.stop()


def write(api, number, stop, acknowledged, statuses):
    """Contacts, one after the other, as long as it takes."""
    session = requests.Session()
    n = 0
    while not stop.is_set():
        email = f"w{number}-{n}@example.com"
        n += 1
        try:
            answer = session.put(
                f"{api.url}/v1/contacts/{email}", json={}, timeout=60,
                headers={"Authorization": f"Bearer {api.keys['write']}"})
        except requests.RequestException:
            statuses.append("cut")
            continue
        statuses.append(answer.status_code)
        if answer.status_code in (200, 201):
            acknowledged.append(email)
        else:
            time.sleep(0.02)


def test_no_acknowledged_write_is_lost(own):
    api = Server(own.create()).start()
    stop, acknowledged, statuses = threading.Event(), [], []
    threads = [threading.Thread(target=write, args=(
        api, n, stop, acknowledged, statuses)) for n in range(4)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(RESTARTS):
            before = len(acknowledged)
            while len(acknowledged) < before + 50:
                time.sleep(0.02)
            own.control("restart", quiet=True)
        before = len(acknowledged)
        while len(acknowledged) < before + 50:
            time.sleep(0.02)
        stop.set()
        for thread in threads:
            thread.join()
        api.database.close()
        api.database = psycopg2.connect(api.conninfo)
        there = {row[0] for row in api.sql("SELECT email FROM contact")}
        lost = set(acknowledged) - there
        print(f"{RESTARTS} restarts, {len(acknowledged)} acknowledged,"
              f" {len(lost)} lost; answers {set(statuses)}")
        assert not lost and len(acknowledged) >= 50 * (RESTARTS + 1)
        assert set(statuses) <= {200, 201, 503}
    finally:
        stop.set()
        api.stop()
