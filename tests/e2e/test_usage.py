"""What every command says when it is called wrongly or cannot start."""

import socket
import subprocess

import pytest

from server import VOLLEY, Server

COMMANDS = ("up", "migrate", "api", "sender", "bounce", "run-due", "maintain",
            "status", "account", "dkim", "key", "audit", "reclassify-hits",
            "import")


def run(*args, env=None):
    return subprocess.run([VOLLEY, *args], env=env, capture_output=True,
                          check=False, text=True, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_called_wrongly(command, tmp_path):
    """2, apart from 1 for what could not be done; nothing on stdout."""
    done = run(command, "--nonsense", env={"VOLLEY_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_a_port_that_is_taken(postgres):
    server = Server(postgres.create())
    server.volley("migrate")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        address = f"127.0.0.1:{s.getsockname()[1]}"
        done = run("api", env=server.env | {"VOLLEY_LISTEN": address})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"volley: api: listen {address}: Address already in use")
    server.stop()
