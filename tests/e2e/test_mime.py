"""Every message is read by others as it was meant: Python's email.

What a message must say comes with it from tests/tools/compose-random.c; the
same numbers give the same messages.  GMime reads them in
tests/unit/templates/test_message_mime.c."""

import email
import email.headerregistry
import email.policy
import functools
import json
import os
import pathlib
import re
import subprocess

import pytest

import arrived

TOOL = pathlib.Path(os.environ.get("VOLLEY_BIN", "build/asan/volley")
                    ).parent / "tests/tools/compose-random"
# MIME_MESSAGES=10000 takes half a minute.
PARTS = 4
EACH = int(os.environ.get("MIME_MESSAGES", "2000")) // PARTS
# Python reads a field anew whenever it is looked at.
POLICY = email.policy.default.clone(header_factory=functools.lru_cache(1000)(
    email.headerregistry.HeaderRegistry()))


def messages(first, count):
    out = subprocess.run([TOOL, str(first), str(count)], check=True,
                         stdout=subprocess.PIPE).stdout
    at = 0
    for _ in range(count):
        end = out.index(b"\n", at)
        sizes = list(map(int, out[at:end].split()))
        at = end + 1
        expected = json.loads(out[at:at + sizes[0]])
        at += sizes[0]
        yield expected, out[at:at + sizes[1]]
        at += sizes[1]
    assert at == len(out)


def clean_wire(data, eight_bit):
    arrived.clean_bytes(data, international=eight_bit)
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        # longer only where there is no blank to fold at
        assert len(line) <= 78 or b" " not in line.strip().partition(
            b": ")[2].strip(), line
        assert line.strip(), "a line of blanks alone"
    for line in body.split(b"\r\n"):
        assert not line.startswith((b".", b"From ")), line


def lines_of(text):
    return re.sub("\r\n|\r", "\n", text)


def content(part):
    text = part.get_payload(decode=True).decode("utf-8")
    assert "\r" not in text.replace("\r\n", "")
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n", "\n")


def check_text(part, kind, wanted):
    assert part.get_content_type() == kind
    assert part.get_content_charset() == "utf-8"
    assert content(part) == lines_of(wanted)
    if part["Content-Transfer-Encoding"] == "quoted-printable":
        assert max(map(len, part.get_payload().split("\r\n"))) <= 76


def check_file(part, file):
    assert part.get_content_type() == file["type"]
    # get_filename() would take "<b>" for b
    assert part["Content-Disposition"].params["filename"] == file["name"]
    assert part["Content-Type"].params["name"] == file["name"]
    assert part["Content-Disposition"].content_disposition == (
        "inline" if file["content_id"] else "attachment")
    assert part.get("Content-ID", "") == (
        file["content_id"] and f"<{file['content_id']}>")
    assert part.get_payload(decode=True) == file["content"].encode()


def last_line_end(message, text):
    """The last line of a message has to end; base64 can say that it did not."""
    ended = text[-1:] in ("\r", "\n")
    exact = message["Content-Transfer-Encoding"] == "base64"
    return "" if exact or ended else "\n"


def check_body(message, expected):
    inline = [f for f in expected["files"]
              if f["content_id"] and "html" in expected]
    attached = [f for f in expected["files"] if f not in inline]
    part = message
    for kind, files in (("mixed", attached), ("related", inline)):
        if files:
            assert part.get_content_type() == "multipart/" + kind
            first, *rest = part.iter_parts()
            assert len(rest) == len(files)
            for p, f in zip(rest, files):
                check_file(p, f)
            part = first
    if "html" in expected:
        assert part.get_content_type() == "multipart/alternative"
        text, html = part.iter_parts()
        check_text(text, "text/plain", expected["text"])
        check_text(html, "text/html", expected["html"])
    else:
        end = "" if part is not message else last_line_end(
            part, expected["text"])
        check_text(part, "text/plain", expected["text"] + end)


def check(expected, data):
    clean_wire(data, expected["eight_bit"])
    message = email.message_from_bytes(data, policy=POLICY)
    assert sorted(message.keys()) == sorted(arrived.FIELDS + (
        [] if message.is_multipart() else ["Content-Transfer-Encoding"]))
    for part in message.walk():
        assert part.defects == []
        boundary = part.get_boundary()
        assert boundary is None or len(boundary) <= 70
    assert arrived.squeezed(message["Subject"]) \
        == arrived.squeezed(expected["subject"])
    for field, name in (("From", "from"), ("To", "to")):
        mailbox, = message[field].addresses
        assert mailbox.domain in ("example.com", "example.org")
        assert arrived.squeezed(mailbox.display_name) \
            == arrived.squeezed(expected[name])
    check_body(message, expected)


@pytest.mark.parametrize("part", range(PARTS))
def test_messages_are_read_as_meant(part):
    for number, (expected, data) in enumerate(messages(part * EACH, EACH)):
        try:
            check(expected, data)
        except Exception:
            print("message", part * EACH + number)
            raise
