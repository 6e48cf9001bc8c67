"""The log of a sink, brought into a table of the database that is checked.

A message of ours carries the number of its delivery in its Message-ID: the
signed token of S-100, base32 of one byte (the key), eight (the delivery) and
what signs it.
"""

import io

TABLE = """CREATE TEMP TABLE copy (
    sink        integer NOT NULL,  -- which log, from 0
    accepted_us bigint NOT NULL,
    mail_us     bigint NOT NULL,   -- when MAIL came
    delivery_id bigint,            -- NULL: no message of ours
    sender      text NOT NULL,
    address     text NOT NULL,
    message_id  text NOT NULL,
    connection  bigint NOT NULL)"""

# Every transaction that began, also those that were refused, as far as the
# log has them (events "try").
TRIED = """CREATE TEMP TABLE tried (
    mail_us     bigint NOT NULL,
    delivery_id bigint NOT NULL)"""

TO_32 = str.maketrans("abcdefghijklmnopqrstuvwxyz2345670189",
                      "0123456789abcdefghijklmnopqrstuv....")
TOKEN_CHARS = 34
COPY_BYTES = 1 << 23  # handed to the database at once
NULL = "\\N"


def delivery_of(message_id):
    """The number in "<token@domain>"; None: there is none."""
    return delivery_of_token(message_id[1:].partition("@")[0].lower())


def delivery_of_token(token):
    if len(token) != TOKEN_CHARS:
        return None
    try:
        # 16 characters are 80 bits: key, delivery, 8 bits more
        number = int(token[:16].translate(TO_32), 32)
    except ValueError:
        return None
    return (number >> 8) & (2 ** 64 - 1)


def escape(text):
    return text.replace("\\", "\\\\")


def accepted_row(sink, line):
    """A message's line as COPY wants it; of a campaign's test message,
    nothing."""
    at, sender, to, message_id, _, connection, *more = line.split("\t")
    delivery = delivery_of(message_id)
    if delivery is not None and delivery & 0xffffffff == 0:
        return ""
    return "\t".join((str(sink), at, more[0] if more else at,
                      NULL if delivery is None else str(delivery),
                      escape(sender), escape(to), escape(message_id),
                      connection)) + "\n"


def tried_row(line):
    """The same of a transaction; its delivery is in the return path."""
    _, _, _, mail_at, sender, *_ = line.split("\t")
    token = sender.rpartition("@")[0].rpartition("+")[2].lower()
    delivery = delivery_of_token(token)
    if not delivery or delivery & 0xffffffff == 0:
        return ""
    return f"{mail_at}\t{delivery}\n"


class Table:
    """Rows on their way into a table."""

    def __init__(self, cursor, name, create):
        self.cursor, self.name = cursor, name
        self.pending = io.StringIO()
        cursor.execute(create)

    def add(self, row):
        self.pending.write(row)
        if self.pending.tell() > COPY_BYTES:
            self.flush()

    def flush(self):
        self.pending.seek(0)
        self.cursor.copy_expert(f"COPY {self.name} FROM STDIN", self.pending)
        self.pending = io.StringIO()


def load(cursor, paths):
    """Makes the tables out of these logs; how many messages there were."""
    copies = Table(cursor, "copy", TABLE)
    tries = Table(cursor, "tried", TRIED)
    count = 0
    for sink, path in enumerate(paths):
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if line[0].isdigit():
                    copies.add(accepted_row(sink, line.rstrip("\n")))
                    count += 1
                elif line.startswith("try\t"):
                    tries.add(tried_row(line.rstrip("\n")))
    copies.flush()
    tries.flush()
    cursor.execute(
        "INSERT INTO tried SELECT mail_us, delivery_id FROM copy c"
        " WHERE delivery_id IS NOT NULL AND NOT EXISTS (SELECT FROM tried t"
        " WHERE t.delivery_id = c.delivery_id AND t.mail_us = c.mail_us)")
    cursor.execute("CREATE INDEX ON copy (delivery_id)")
    cursor.execute("ANALYZE copy")
    cursor.execute("ANALYZE tried")
    return count
