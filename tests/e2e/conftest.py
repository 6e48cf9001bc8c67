"""What the end-to-end tests share."""

import tempfile

import pytest

from mail import MailStack, free_base
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
    try:
        scene.stop_all()
        scene.check_log()
    finally:
        scene.close()


@pytest.fixture(scope="session")
def mail_stack():
    """Postfix and Dovecot; the facts that one needs to use them."""
    stack = MailStack(tempfile.mkdtemp(prefix="volley-mail-", dir="/tmp"),
                      free_base())
    yield stack.start()
    stack.stop()
