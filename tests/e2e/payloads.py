"""What people type who want more than to be heard."""

import re

PAYLOADS = {
    "crlf": "x\r\nBcc: evil@evil.test",
    "lf": "x\nBcc: evil@evil.test",
    "cr": "x\rBcc: evil@evil.test",
    "lfcr": "x\n\rBcc: evil@evil.test",
    "folded": "x\r\n Bcc: evil@evil.test\r\n\tCc: evil@evil.test",
    "end of header": "x\r\n\r\n<html>evil</html>",
    "line separator": "x\u2028Bcc: evil@evil.test",
    "paragraph separator": "x\u2029Bcc: evil@evil.test",
    "next line": "x\u0085Bcc: evil@evil.test",
    "vertical tab": "x\vBcc: evil@evil.test\f",
    "low bytes are crlf": "x\u560d\u560aBcc: evil@evil.test",
    "delete": "x\x7fBcc: evil@evil.test",
    "nul": "x\0Bcc: evil@evil.test",
    "encoded word": "=?utf-8?Q?x=0D=0ABcc:_evil@evil.test?=",
    "encoded word in base64": "=?utf-8?B?DQpCY2M6IGV2aWxAZXZpbC50ZXN0?=",
    "half an encoded word": "=?utf-8?Q?x",
    "percent": "x%0d%0aBcc:%20evil@evil.test",
    "escapes": "x\\r\\nBcc: evil@evil.test\\u000d\\u000a",
    "references": "x&#13;&#10;Bcc: evil@evil.test&NewLine;&lt;",
    "another mailbox": "x <evil@evil.test>, y",
    "out of quotes": 'x" <evil@evil.test>, "y\\',
    "comment": "(x <evil@evil.test>\\",
    "group": "x: evil@evil.test;",
    "command": "a@b.example>\r\nRCPT TO:<c@d.example",
    "smuggled": "x\r\n.\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<evil@evil.test>\r\nDATA\r\nhi",
    "boundary": "x\r\n--=_\r\nContent-Type: text/html\r\n\r\nevil",
    "template": "{{ unsubscribe_url }}{% raw %}{% for i in (1..9) %}",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "other direction": "x\u202etset.live@live",
    "emoji": "Grüße \U0001f469\u200d\U0001f680 健二",
    "long": "ä" * 100,
}
# What no line of text may hold.
UNSEEN = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
MARKED = re.compile("{{|{%")

# Who is an address, and who only looks like one.
BAD_ADDRESSES = [
    "a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example> NOTIFY=NEVER",
    "a@b.example>", "<a@b.example", "<a@b.example>", "A <a@b.example>",
    '"a@evil.test x"@good.example', '"a b"@good.example', '"a"@good.example',
    "a@b.example, c@d.example", "a@b.example;c@d.example", "a@b@c.example",
    "a@b.example (c)", "(c)a@b.example", "a b@c.example", "a@b .example",
    "a@b.example\r\nBcc: evil@evil.test", "a@b.example\nDATA", "a\r@b.example",
    "a@b.example\0.evil.test", "\0a@b.example", "a\u2028b@c.example",
    "a@b\u0085.example", "a\u200bb@c.example", "a@b\u3002\u3002example",
    "group:a@b.example;", "@route.example:a@b.example", "a@[127.0.0.1]",
    "a@127.0.0.1", "a@localhost", "a@-b.example", "a@b_c.example", "a@b..example",
    ".a@b.example", "a..b@c.example", "a@", "@b.example", "a",
    "a\\@b.example", "=?utf-8?q?a=40evil.test=3e?=@b.example",
    "a@b.example%0d%0a", "a@b%0d%0a.example", "a@b.example\x7f",
    "a@" + "b" * 64 + ".example", "a" * 65 + "@b.example",
    "a@" + "b." * 126 + "example",
]
ODD_ADDRESSES = [
    "a%0d%0ab@c.example", "{{name}}@c.example", "$HOME@c.example",
    "|id@c.example", "`id`@c.example", "'or'1'='1@c.example", "-oQ@c.example",
    "=?utf-8?q?a@c.example", "a=2b=3e@c.example", "{%raw%}@c.example",
    "a/b@c.example", "#!~^&*@c.example", "Ümläut@c.example",
    "a" * 64 + "@c.example",
]

# What no text is at all: overlong CR LF, a lone surrogate, half a character.
NO_TEXT = [b"x\xc0\x8d\xc0\x8aBcc: evil@evil.test", b"x\xe0\x80\x8dBcc:",
           b"x\xed\xa0\x80", b"x\xff\xfe", b"x\xc3", b"x\xf5\x80\x80\x80",
           b"x\x8d\x8aBcc:"]
