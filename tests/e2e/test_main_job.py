"""The main job as a user runs it: `make demo`, in a folder of its own."""

import json
import os
import subprocess

from server import VOLLEY

KINDS = ("accepted", "failed", "bounced", "replies", "auto_replies",
         "unsubscribes")


def test_the_demo(tmp_path):
    """Ends well, and the report is what the CSV says, figure by figure."""
    run = subprocess.run(
        ["tests/demo/run"], capture_output=True, text=True, timeout=170,
        env={k: v for k, v in os.environ.items() if k != "KEEP"}
        | {"VOLLEY_BIN": VOLLEY, "DEMO_DIR": str(tmp_path)}, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    report, expected = (json.loads((tmp_path / f"{name}.json").read_text())
                        for name in ("report", "expected"))
    assert {key: report[key] for key in expected} == expected
    # every kind of end was there to be got wrong
    assert all(expected[kind] for kind in KINDS)
    assert all(expected["bounced"].values())
    assert expected["audience"] > 900 and "report as expected" in run.stdout
