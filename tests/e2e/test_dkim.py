"""Signed messages, read by verifiers that are not ours."""

import collections
import email
import pathlib
import re
import subprocess
import tempfile

import dkim
import pytest

from mail import Inbox, MailStack, free_base
from recorder import Recorder
from sending import VOLLEY, wait_for

VERIFY = pathlib.Path(__file__).with_name("dkim_verify.pl")
MESSAGES = 1000
HTML = """<html><head><title>Grüße</title></head><body>
<p>Hallo {{ contact.name }},   viele  Grüße aus Köln 🎉</p>
<p>{% for i in (1..20) %}Zeile {{ i }} mit Text, der umbrochen wird. {% endfor %}</p>
.
<p>From here on</p>
<a href="{{ unsubscribe_url }}">Abmelden</a></body></html>"""


class LaterRecorder(Recorder):
    """Takes a message at its second attempt."""

    def on_data(self, c, line):
        c.say("354 go on")
        c.message.data = c.until(b"\r\n.\r\n") + b"\r\n"
        self.messages.append(c.message)
        c.say("451 4.3.0 later" if len(self.messages) == 1 else "250 2.0.0 ok")


def command(sending, *args, status=0):
    done = subprocess.run([VOLLEY, "dkim", *args], env=sending.env,
                          capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def record(text):
    """Name and value of the printed DNS record."""
    name, strings = re.fullmatch(r"(\S+)\. IN TXT \((.*) \)\n", text).groups()
    parts = re.findall(r'"([^"]*)"', strings)
    assert all(len(part) <= 255 for part in parts)
    return name, "".join(parts)


def create(sending, *args):
    return record(command(sending, "create", *args).stdout)


@pytest.fixture(scope="module", name="postfix")
def postfix_without_8bitmime():
    """A stack whose Postfix believes that nobody takes 8-bit bodies."""
    folder = tempfile.mkdtemp(prefix="volley-mail-", dir="/tmp")
    stack = MailStack(folder, free_base())
    facts = stack.start()
    conf = f"{folder}/postfix/conf"
    for setting in ("lmtp_discard_lhlo_keywords=8bitmime",
                    "smtp_discard_ehlo_keywords=8bitmime"):
        subprocess.run(["postconf", "-c", conf, "-e", setting], check=True)
    subprocess.run(["postfix", "-c", conf, "reload"], check=True,
                   capture_output=True)
    yield facts
    stack.stop()


def send(sending, facts, count):
    """To alice, through Postfix; what arrived."""
    inbox = Inbox(facts, "alice@example.test")
    before = len(inbox.messages())
    account = sending.api().post("/v1/accounts", {
        "name": "Relay", "host": "127.0.0.1", "port": facts["submission"],
        "tls": "starttls", "ca_file": facts["ca"],
        "username": "sender@example.test", "password": facts["password"]})
    sending.sql("UPDATE template SET html = %s, subject = %s", HTML,
                "Grüße für {{ contact.name }} – jetzt")
    sending.sql(
        "WITH new AS (INSERT INTO contact (email, email_key, name)"
        " SELECT a, a, 'Jürgen ' || n FROM (SELECT n, 'alice+' || n ||"
        " '@example.test' AS a FROM generate_series(1, %s) n) x RETURNING id)"
        " INSERT INTO membership (list_id, contact_id) SELECT 1, id FROM new",
        count)
    sending.campaign(account["id"], from_email="sender@example.test",
                     from_name="Grüße aus Köln",
                     return_path="bounces@example.test")
    sending.run_due()
    assert sending.states() == {"accepted": count}
    wait_for(lambda: len(inbox.messages()) == before + count, 60, 0.5)
    arrived = inbox.messages()[before:]
    inbox.close()
    return arrived


def python_results(message, keys):
    """Of each signature, by dkimpy."""
    def dns(name, timeout=5):
        return keys[name.decode().rstrip(".")].encode()

    def verify(n):
        try:
            return dkim.DKIM(message).verify(idx=n, dnsfunc=dns)
        except dkim.DKIMException:
            return False
    count = len(re.findall(rb"^DKIM-Signature:", message, re.M))
    return [verify(n) for n in range(count)]


def perl_results(messages, keys, folder):
    """(algorithm, result) -> how often, by Mail::DKIM."""
    records = folder / "keys"
    records.write_text("".join(f"{n} {v}\n" for n, v in keys.items()))
    files = []
    for n, message in enumerate(messages):
        files.append(folder / f"{n}.eml")
        files[-1].write_bytes(message)
    done = subprocess.run([VERIFY, records, *files], check=True,
                          capture_output=True, text=True)
    return collections.Counter(tuple(line.split()[1:3])
                               for line in done.stdout.splitlines())


def test_two_verifiers(sending, postfix, tmp_path):
    keys = dict([
        create(sending, "Example.Test", "s1", "--active"),
        create(sending, "example.test", "s2", "--algorithm", "ed25519",
               "--active")])
    assert set(keys) == {"s1._domainkey.example.test",
                         "s2._domainkey.example.test"}
    arrived = send(sending, postfix, MESSAGES)
    assert all(max(message) < 128 for message in arrived)
    assert all(python_results(m, keys) == [True, True] for m in arrived)
    results = perl_results(arrived, keys, tmp_path)
    assert results["rsa-sha256", "pass"] == MESSAGES
    assert sum(n for (name, _), n in results.items()
               if name == "rsa-sha256") == MESSAGES
    tampered(arrived[0], keys)


def tampered(message, keys):
    """What was signed cannot be changed or added to."""
    head, body = message.split(b"\r\n\r\n", 1)
    fields = email.message_from_bytes(message)
    signature = fields["DKIM-Signature"]
    names = re.search(r"h=([^;]*);", signature).group(1)
    names = [n.strip().lower() for n in names.split(":")]
    for name in ("from", "subject", "to", "date", "message-id", "reply-to",
                 "list-unsubscribe", "list-unsubscribe-post"):
        present = len(fields.get_all(name) or [])
        assert names.count(name) == present + 1, name
    assert " l=" not in signature
    for more in (b"From: evil@example.net", b"Subject: other",
                 b"Reply-To: evil@example.net",
                 b"List-Unsubscribe: <https://evil.example>"):
        changed = more + b"\r\n" + head + b"\r\n\r\n" + body
        assert python_results(changed, keys) == [False, False], more
    assert python_results(head + b"\r\n\r\n" + body + b"more\r\n",
                          keys) == [False, False]


def test_which_keys_sign(sending):
    """Those of the nearest domain, the newest of each kind, when active."""
    keys = dict([
        create(sending, "mail.example.com", "off"),
        create(sending, "example.com", "above", "--active", "--algorithm", "ed25519"),
        create(sending, "mail.example.com", "old", "--active"),
        create(sending, "ail.example.com", "alike", "--active"),
        create(sending, "mail.example.com", "new", "--active")])
    server = Recorder()
    sending.contacts(1)
    sending.campaign(sending.account(server.port),
                     from_email="a@news.mail.example.com")
    sending.run_due()
    assert sending.states() == {"accepted": 1}
    message = server.messages[0].data
    server.stop()
    found = email.message_from_bytes(message).get_all("DKIM-Signature")
    assert [re.search(r"d=(\S+);\s*s=(\S+);", f).groups() for f in found] == [
        ("mail.example.com", "new"), ("example.com", "above")]
    assert python_results(message, keys) == [True, True]


def test_same_body_for_all(sending):
    """Its hash is made once; every signature holds."""
    keys = dict([create(sending, "example.com", "s1", "--active")])
    server = Recorder()
    sending.sql("UPDATE template SET html = '<p>The  same.</p>'")
    sending.contacts(5)
    sending.campaign(sending.account(server.port))
    sending.run_due()
    server.stop()
    messages = [m.data for m in server.messages]
    assert len({m.split(b"\r\n\r\n", 1)[1] for m in messages}) == 1
    assert len(set(messages)) == 5
    assert all(python_results(m, keys) == [True] for m in messages)


def test_signed_alike_again(sending):
    """A second attempt is, byte for byte, what the first was."""
    create(sending, "example.com", "s1", "--active")
    server = LaterRecorder()
    sending.env["VOLLEY_RETRY_FIRST_S"] = "1"
    sending.contacts(1)
    sending.campaign(sending.account(server.port))
    sending.run_due()
    assert sending.states() == {"accepted": 1}
    server.stop()
    first, second = server.messages
    assert first.data == second.data
    assert first.data.startswith(b"DKIM-Signature: v=1")


def test_command(sending, tmp_path):
    text = command(sending, "create", "example.com", "s1").stdout
    assert record(text)[1].startswith("v=DKIM1; k=rsa; p=MII")
    assert command(sending, "show", "example.com", "s1").stdout == text
    assert "s1\trsa-sha256\toff" in command(sending, "list").stdout
    command(sending, "activate", "example.com", "s1")
    assert "s1\trsa-sha256\tactive" in command(sending, "list").stdout
    again = command(sending, "create", "example.com", "s1", status=1)
    assert "already" in again.stderr and again.stdout == ""
    command(sending, "remove", "example.com", "s1")
    assert "s1" not in command(sending, "list").stdout
    command(sending, "show", "example.com", "s1", status=1)
    pem = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pem],
                   check=True, capture_output=True)
    own = command(sending, "create", "example.com", "own", "--key", str(pem))
    public = subprocess.run(["openssl", "pkey", "-in", pem, "-pubout"],
                            check=True, capture_output=True, text=True).stdout
    der = "".join(public.splitlines()[1:-1])
    assert record(own.stdout)[1].split("p=")[1] == der[-44:]
    subprocess.run(["openssl", "genrsa", "-out", pem, "1024"], check=True,
                   capture_output=True)
    weak = command(sending, "create", "example.com", "weak", "--key", str(pem),
                   status=1)
    assert "1024" in weak.stderr
    secret = sending.value("SELECT encode(secret, 'escape') FROM dkim_key")
    assert "PRIVATE" not in secret


@pytest.mark.parametrize("args", [
    (), ("create",), ("create", "example.com"), ("create", "a b.example", "s"),
    ("create", "example.com", "s p"), ("create", "example.com", ".s"),
    ("create", "example.com", "s."), ("create", "example.com", "s" * 64),
    ("create", "x@example.com", "s"), ("create", "example.com", "s", "--bits",
                                       "1024"),
    ("create", "example.com", "s", "--algorithm", "dsa"), ("list", "x"),
    ("activate", "example.com", "s", "--active"), ("sign", "a", "b")])
def test_misuse(sending, args):
    done = command(sending, *args, status=2)
    assert "usage: volley dkim" in done.stderr and done.stdout == ""


def test_a_wrong_value_is_named(sending):
    done = command(sending, "create", "example.com", "s", "--bits", "1024",
                   status=2)
    assert "--bits: 2048 to 4096" in done.stderr
