"""What the end-to-end tests share."""

import pytest

from postgres import Postgres
from sending import Sending
from server import Server


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def api(postgres):
    """A server for the tests of one file, with a database of its own."""
    server = Server(postgres.create()).start()
    yield server
    server.stop()


@pytest.fixture
def sending(postgres):
    """A database, senders and sinks of one test's own."""
    scene = Sending(postgres)
    yield scene
    scene.close()
