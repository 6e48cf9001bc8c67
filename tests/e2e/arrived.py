"""What must be true of every message that arrives, whatever was put into it."""

import email
import email.policy
import html.parser
import re

FIELDS = ["Date", "From", "To", "Subject", "Message-ID", "List-Unsubscribe",
          "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "MIME-Version",
          "Content-Type"]
COMMAND = re.compile(
    rb"EHLO client\.example\.com|DATA|RSET|QUIT|STARTTLS"
    rb"|AUTH PLAIN [A-Za-z0-9+/]+=*"
    rb"|MAIL FROM:<[^\s<>\"\\]+@[^\s<>@]+>( SIZE=\d+)?( BODY=8BITMIME)?( SMTPUTF8)?"
    rb"|RCPT TO:<[^\s<>\"\\]+@[^\s<>@]+>")


def squeezed(text):
    """As a header shows it, without its blanks: a control or a line end is
    one, and Python 3.11 puts some between the encoded words of a name."""
    return re.sub("[\0- \x7f-\x9f\u2028\u2029]", "", text)


def clean_bytes(data, international=False):
    """Only CRLF line ends, no NUL, no line over 998, all of it ASCII."""
    assert b"\0" not in data
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert international or data.isascii()


def flawless(message, international):
    """For Python, a local part beyond ASCII is a defect of To, and that a
    file's name is said in ASCII as well is one of its fields."""
    for part in message.walk():
        assert part.defects == [], part.defects
        for name, value in part.items():
            twice = name.startswith("Content-") and all(
                str(d).startswith("duplicate parameter") for d in value.defects)
            assert value.defects == () or twice or (
                international and name == "To"), (name, value, value.defects)


def parse(data, reply_to=False, international=False):
    """The message, its header fields being ours and each there once."""
    clean_bytes(data, international)
    message = email.message_from_bytes(data, policy=email.policy.default)
    wanted = FIELDS + (["Reply-To"] if reply_to else []) + (
        [] if message.is_multipart() else ["Content-Transfer-Encoding"])
    assert sorted(message.keys()) == sorted(wanted)
    flawless(message, international)
    for name in ("From", "To"):
        assert len(message[name].addresses) == 1, message[name]
    return message


def addressed(message, recorded, to):
    """Envelope and To name this recipient and nobody else."""
    assert recorded.rcpt == [b"RCPT TO:<" + to.encode() + b">"]
    assert re.match(rb"MAIL FROM:<bounces\+[a-z2-7]{34}@example\.com>",
                    recorded.mail), recorded.mail
    if to.isascii():
        assert message["To"].addresses[0].addr_spec == to
    else:
        assert b"\r\nTo: " + to.encode() + b"\r\n" in recorded.data


def text_of(message):
    part = message.get_body(("plain",))
    return part.get_content().replace("\r\n", "\n")


class Html(html.parser.HTMLParser):
    """Tags as they are read, and the text of elements with an id."""

    def __init__(self, message_or_text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], {}, {}
        self.inside = None
        text = message_or_text
        if not isinstance(text, str):
            text = message_or_text.get_body(("html",)).get_content()
        self.source = text.replace("\r\n", "\n")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        attrs = dict(attrs)
        self.inside = attrs.get("id")
        self.attributes[self.inside] = attrs

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        self.text[self.inside] = self.text.get(self.inside, "") + data


def commands_are_ours(recorder):
    """No line but those that our side may say."""
    for c in recorder.connections:
        for line in c.commands:
            assert COMMAND.fullmatch(line), line
        assert b"\n" not in c.pending
