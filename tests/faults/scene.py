"""A place for one fault program: PostgreSQL as it is by default, where a test
run's would skip what costs time, a database of its own, and Dovecot for those
that are about mailboxes."""

import contextlib
import os
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).parents[1] / "e2e"))

import mail  # noqa: E402
import polling  # noqa: E402
import postgres as pg  # noqa: E402
import sending  # noqa: E402

DURABLE = pg.SETTINGS.replace("fsync = off\n", "").replace(
    "full_page_writes = off\n", "").replace("synchronous_commit = off\n", "")


@contextlib.contextmanager
def server():
    pg.SETTINGS = DURABLE
    made = pg.Postgres()
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextlib.contextmanager
def scene(postgres):
    made = sending.Sending(postgres)
    try:
        yield made
        made.stop_all()
        made.check_log()
    except BaseException:
        keep_log(made)
        raise
    finally:
        made.close()


@contextlib.contextmanager
def mail_stack():
    """Postfix and Dovecot."""
    stack = mail.MailStack(tempfile.mkdtemp(prefix="volley-mail-", dir="/tmp"),
                           mail.free_base())
    try:
        yield stack.start()
    finally:
        stack.stop()


@contextlib.contextmanager
def mailboxes(postgres, facts):
    """Folders at Dovecot, and pollers."""
    made = polling.Polling(postgres, facts)
    try:
        yield made.start()
    except BaseException:
        keep_log(made)
        raise
    finally:
        made.stop()


def keep_log(made):
    """What the processes said stays where a person finds it."""
    if os.path.exists(made.log_path):
        handle, path = tempfile.mkstemp(prefix="volley-fault-", suffix=".log")
        os.write(handle, pathlib.Path(made.log_path).read_bytes())
        os.close(handle)
        print(f"  log: {path}", flush=True)
