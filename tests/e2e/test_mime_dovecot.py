"""Names of 500 files, as an IMAP server tells them to a mail client (S-009)."""

import imaplib
import re
import ssl
import urllib.parse

from test_mime import messages

NAMES = 500
TOKEN = re.compile(rb'\(|\)|"((?:[^"\\]|\\.)*)"|\{(\d+)\}\r\n|[^\s()"]+')


def parse(data, at=0):
    """One parenthesised list of a BODYSTRUCTURE, as lists of bytes."""
    items = []
    while True:
        m = TOKEN.search(data, at)
        at = m.end()
        if m.group() == b")":
            return items, at
        if m.group() == b"(":
            item, at = parse(data, at)
        elif m.group(2):
            item, at = data[at:at + int(m.group(2))], at + int(m.group(2))
        elif m.group(1) is not None:
            item = re.sub(rb"\\(.)", rb"\1", m.group(1))
        else:
            item = m.group()
        items.append(item)


def parameter(pairs, name):
    """Extended forms before plain ones, as RFC 2231 readers do."""
    values = {k.lower(): v for k, v in zip(pairs[::2], pairs[1::2])}
    if name + b"*" in values:
        charset, _, text = values[name + b"*"].split(b"'", 2)
        assert charset == b"UTF-8"
        return urllib.parse.unquote(text.decode("ascii"), errors="strict")
    return values[name].decode("ascii")


def files_in(structure):
    """(filename, name, content id) of each part that has them, in order."""
    if isinstance(structure[0], list):
        for part in structure:
            if isinstance(part, list):
                yield from files_in(part)
        return
    for item in structure[7:]:
        if isinstance(item, list) and item[:1] in ([b"attachment"], [b"inline"]):
            yield (parameter(item[1], b"filename"),
                   parameter(structure[2], b"name"),
                   "" if structure[3] == b"NIL" else structure[3].decode())


def structures(imap):
    _, lines = imap.fetch("1:*", "(BODYSTRUCTURE)")
    whole = b""
    for line in lines:
        # a literal's head and content come as a pair
        whole += b"\r\n".join(line) if isinstance(line, tuple) else line + b"\n"
    for start in re.finditer(rb"(?m)^\d+ \(BODYSTRUCTURE \(", whole):
        yield parse(whole, start.end())[0]


def wanted_of(expected):
    inline = [f for f in expected["files"]
              if f["content_id"] and "html" in expected]
    attached = [f for f in expected["files"] if f not in inline]
    return [(f["name"], f["name"],
             f"<{f['content_id']}>" if f["content_id"] else "")
            for f in inline + attached]


def test_names_of_files_in_bodystructure(mail_stack):
    imap = imaplib.IMAP4_SSL("127.0.0.1", mail_stack["imaps"],
                             ssl_context=ssl.create_default_context(
                                 cafile=mail_stack["ca"]))
    imap.login("alice@example.test", mail_stack["password"])
    imap.create("files")
    wanted, names = [], 0
    for expected, data in messages(20000, 2000):
        if expected["files"] and names < NAMES:
            assert imap.append("files", None, None, data)[0] == "OK"
            wanted.append(wanted_of(expected))
            names += len(wanted[-1])
    assert names >= NAMES
    imap.select("files", readonly=True)
    assert [list(files_in(s)) for s in structures(imap)] == wanted
    imap.logout()
    print(names, "names")
