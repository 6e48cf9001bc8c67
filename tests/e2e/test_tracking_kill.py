"""What becomes of clicks when processes and disks fail (D-27): whoever was
sent on is counted, once."""

import os

import psycopg2
import pytest

import clickers
import clicks
from figures import Figures
from server import Server
from whole import wait_for


@pytest.fixture
def api(postgres):
    server = Server(postgres.create()).start()
    yield server
    server.stop()


def count(api, campaign):
    return api.value("SELECT count(*) FROM event WHERE kind = 'click'"
                     " AND campaign_id = %s", campaign)


def test_kills_under_load(postgres):
    """D-27"""
    clicks.kills(postgres, Figures(), 3, 1000, connections=8, depth=2)


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
    wait_for(lambda: count(api, c) > 0)
    lock(api, False)
    wait_for(lambda: "hits_wait" in api.log())
    told = load.told
    wait_for(lambda: load.told > told + 200)
    lock(api, True)
    load.stop()
    wait_for(lambda: count(api, c) == load.told)


def test_a_folder_that_is_not_there(api):
    """No new journals: hits go on into the one that is open."""
    c, tokens = clickers.mailing(api, 20)
    os.rename(f"{api.home}/hits", f"{api.home}/gone")
    with open(f"{api.home}/hits", "w", encoding="ascii"):
        pass
    load = clickers.Clickers(api.address, tokens, 2)
    wait_for(lambda: "hits_wait" in api.log(), 60)
    told = load.told
    wait_for(lambda: load.told > told + 100)
    os.unlink(f"{api.home}/hits")
    os.rename(f"{api.home}/gone", f"{api.home}/hits")
    told = load.told
    wait_for(lambda: load.told > told + 100)
    load.stop()
    wait_for(lambda: count(api, c) >= load.told)
    assert count(api, c) <= load.sent
