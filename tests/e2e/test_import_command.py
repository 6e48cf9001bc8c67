"""`volley import LIST FILE` in a terminal and out of it."""

import gzip
import os
import pty
import re
import subprocess

import pytest

import given
from server import VOLLEY


def run(api, *args, data=None):
    return subprocess.run([VOLLEY, "import", *args], env=api.env, input=data,
                          capture_output=True, text=True, check=False)


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("email,name\nann@example.com,Ann\nbad,Bob\n"
                    "ANN@example.com,Ann\n", encoding="utf-8")
    return str(path)


def test_by_name_and_by_id(api, csv):
    one = given.mailing_list(api, name="By Name")
    r = run(api, "by name", csv)
    assert r.returncode == 0, r.stderr
    assert re.search(r"3 rows in [0-9.]+ s: 1 inserted, 0 updated, 1 unchanged,"
                     r" 1 rejected; 0 suppressed", r.stdout)
    assert "line 3: email: there is no '@'" in r.stdout
    assert r.stderr == ""  # no bar where there is no terminal
    r = run(api, str(one), csv, "--mode", "skip")
    assert r.returncode == 0 and "0 inserted" in r.stdout
    job = api.value("SELECT max(id) FROM import")
    shown = api.get(f"/v1/imports/{job}")
    assert (shown["state"], shown["mode"]) == ("done", "skip")
    assert api.get(f"/v1/imports/{job}/errors")["data"][0]["line"] == 3


def test_only_ten_reasons(api, tmp_path):
    given.mailing_list(api, name="Ten")
    path = tmp_path / "bad.csv"
    path.write_text("email\n" + "bad\n" * 25, encoding="utf-8")
    r = run(api, "Ten", str(path))
    assert r.returncode == 0 and r.stdout.count("  line ") == 10
    assert re.search(r"GET /v1/imports/\d+/errors", r.stdout)


def test_standard_input_and_json_lines(api, tmp_path):
    given.mailing_list(api, name="Piped")
    text = '{"email":"nd@example.com","city":"Paris"}\n'
    r = run(api, "Piped", "-", "--format", "ndjson", data=text)
    assert r.returncode == 0 and "1 inserted" in r.stdout
    path = tmp_path / "x.ndjson"
    path.write_text(text, encoding="utf-8")
    assert "1 unchanged" in run(api, "Piped", str(path)).stdout
    r = run(api, "Piped", "-", data='email,n\n"open@example.com,1\n'
            'piped@example.com,2\n')
    assert r.returncode == 0 and "1 inserted" in r.stdout
    assert "line 2: a quote is not closed" in r.stdout


@pytest.mark.parametrize("data, why", [
    ("name\nx\n", 'the header has no column "email"'), ("", "the file is empty"),
])
def test_files_that_cannot_be_imported(api, tmp_path, data, why):
    given.mailing_list(api, name=f"Not {why}")
    path = tmp_path / "x.csv"
    path.write_text(data, encoding="utf-8")
    r = run(api, f"Not {why}", str(path))
    assert r.returncode == 1 and why in r.stderr


def test_what_is_not_there(api, csv):
    r = run(api, "No Such List", csv)
    assert r.returncode == 1
    assert 'there is no list "No Such List"' in r.stderr
    assert api.value("SELECT count(*) FROM list WHERE name = 'No Such List'") == 0
    given.mailing_list(api, name="There")
    r = run(api, "There", csv + ".not")
    assert r.returncode == 1 and "No such file" in r.stderr
    r = run(api, "There", os.path.dirname(csv))
    assert r.returncode == 1 and "is a folder" in r.stderr


@pytest.mark.parametrize("args", [
    [], ["x"], ["x", "y", "z"], ["x", "y", "--mode", "other"],
    ["x", "y", "--format", "xls"], ["x", "y", "--wrong"],
    ["x", "y", "--basis", "\n"]])
def test_usage(api, args):
    r = run(api, *args)
    assert r.returncode == 2 and "usage: volley import" in r.stderr


def test_help(api):
    r = run(api, "--help")
    assert r.returncode == 0 and "usage: volley import" in r.stdout


def test_bar_on_a_terminal(api, tmp_path):
    given.mailing_list(api, name="Bar")
    path = tmp_path / "many.csv"
    path.write_text("email\n" + "".join(f"bar{n}@example.com\n"
                                        for n in range(20000)),
                    encoding="utf-8")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(VOLLEY, ["volley", "import", "Bar", str(path)], api.env)
    output = b""
    try:
        while more := os.read(terminal, 65536):
            output += more
    except OSError:
        pass
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert re.search(rb"\r\[#+ *\] +\d+%.*rows/s", output)
    assert b"] 100%" in output and b"20000 inserted" in output


def test_said_by_flags(api, tmp_path):
    """gzip, Windows-1252 and columns; first what would happen."""
    one = given.mailing_list(api, name="Flags")
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress("Mail|Who|n\nfl@example.com|Zoë|4\n".encode(
        "windows-1252")))
    flags = ["--columns", '{"Mail":"email","Who":"name",'
             '"n":{"name":"n","type":"number"}}', "--basis", "shop"]
    r = run(api, "Flags", str(path), *flags, "--dry-run")
    assert r.returncode == 0 and "1 inserted" in r.stdout, r.stderr
    assert api.get(f"/v1/lists/{one}")["contacts"] == 0
    assert "1 inserted" in run(api, "Flags", str(path), *flags).stdout
    known = api.get("/v1/contacts/fl@example.com")
    assert (known["name"], known["attributes"]) == ("Zoë", {"n": 4})
    r = run(api, "Flags", str(path), "--columns", "[]")
    assert r.returncode == 1 and "columns: must be an object" in r.stderr
