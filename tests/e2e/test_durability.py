"""D-35: no start on a PostgreSQL that may lose what it has committed."""

import subprocess

import pytest

from server import VOLLEY, Server


@pytest.mark.parametrize("role", ["api", "sender", "bounce", "maintain"])
def test_refused_unless_it_is_meant(postgres, role):
    """The tests' own server is one, and says so; here it does not."""
    server = Server(postgres.create())
    server.volley("migrate")
    server.env["PGOPTIONS"] = "-c volley.may_lose_data=off"
    done = subprocess.run([VOLLEY, role], env=server.env, text=True,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "fsync=off" in done.stderr and "may_lose_data" in done.stderr
