"""What becomes of clicks when processes and disks fail (D-27): whoever was
sent on is counted, once."""

import os
import time

import psycopg2
import pytest

import clickers
from server import Server
from whole import wait_for


@pytest.fixture
def api(postgres):
    server = Server(postgres.create()).start()
    yield server
    server.stop()


def clicks(api, campaign):
    return api.value("SELECT count(*) FROM event WHERE kind = 'click'"
                     " AND campaign_id = %s", campaign)


def journals(api):
    """Hits that are not in the database: those of journals with records."""
    return [name for name in os.listdir(f"{api.home}/hits")
            if not name.endswith(".new")]


def kill(api):
    api.process.kill()
    api.process.wait()


def test_kill_under_load(api):
    """D-27"""
    c, tokens = clickers.mailing(api, 200)
    load = clickers.Clickers(api.address, tokens, 8)
    for _ in range(3):
        told = load.told
        wait_for(lambda: load.told > told + 300, 60)
        kill(api)
        api.start_api()
    told = load.told
    wait_for(lambda: load.told > told + 300, 60)
    load.stop()
    wait_for(lambda: clicks(api, c) >= load.told)
    wait_for(lambda: len(journals(api)) == 1)
    # what was under way may be there without an answer, nothing is twice
    assert load.told <= clicks(api, c) <= load.sent
    assert api.value("SELECT count(*) FROM hit") == clicks(api, c)


def lock(api, allow):
    """Whether anybody is let into the database."""
    name = api.value("SELECT current_database()")
    admin = psycopg2.connect(api.conninfo, dbname="postgres")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allow}")
        if not allow:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                (name, api.database.info.backend_pid))
    admin.close()


def test_clicks_while_the_database_is_away(api):
    c, tokens = clickers.mailing(api, 20)
    load = clickers.Clickers(api.address, tokens, 2)
    wait_for(lambda: clicks(api, c) > 0)
    lock(api, False)
    wait_for(lambda: "hits_wait" in api.log())
    told = load.told
    wait_for(lambda: load.told > told + 200)
    lock(api, True)
    load.stop()
    wait_for(lambda: clicks(api, c) == load.told)


def test_a_disk_that_fails_keeps_nobody_waiting(api):
    """Hits are lost then, and the log says so."""
    c, tokens = clickers.mailing(api, 20)
    os.chmod(f"{api.home}/hits", 0o700)
    os.rename(f"{api.home}/hits", f"{api.home}/gone")
    with open(f"{api.home}/hits", "w", encoding="ascii"):
        pass
    load = clickers.Clickers(api.address, tokens, 2)
    wait_for(lambda: "hits_not_written" in api.log(), 60)
    told = load.told
    wait_for(lambda: load.told > told + 100)
    os.unlink(f"{api.home}/hits")
    os.rename(f"{api.home}/gone", f"{api.home}/hits")
    wait_for(lambda: "hits_written_again" in api.log())
    told = load.told
    wait_for(lambda: load.told > told + 20)
    load.stop()
    wait_for(lambda: clicks(api, c) >= 20)
    time.sleep(0.5)
    assert clicks(api, c) <= load.sent
