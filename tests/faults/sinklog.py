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

TO_32 = str.maketrans("abcdefghijklmnopqrstuvwxyz2345670189",
                      "0123456789abcdefghijklmnopqrstuv....")
TOKEN_CHARS = 34
COPY_BYTES = 1 << 23  # handed to the database at once
NULL = "\\N"


def delivery_of(message_id):
    """The number in "<token@domain>"; None: there is none."""
    token = message_id[1:].partition("@")[0].lower()
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


def row_of(sink, line):
    """One line as COPY wants it; of a campaign's test message, nothing."""
    at, sender, to, message_id, _, connection, *more = line.split("\t")
    delivery = delivery_of(message_id)
    if delivery is not None and delivery & 0xffffffff == 0:
        return ""
    return "\t".join((str(sink), at, more[0] if more else at,
                      NULL if delivery is None else str(delivery),
                      escape(sender), escape(to), escape(message_id),
                      connection)) + "\n"


def load(cursor, paths):
    """Makes the table out of these logs; how many lines there were."""
    cursor.execute(TABLE)
    count = 0
    for sink, path in enumerate(paths):
        pending = io.StringIO()
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if not line[0].isdigit():  # an event, no message
                    continue
                pending.write(row_of(sink, line.rstrip("\n")))
                count += 1
                if pending.tell() > COPY_BYTES:
                    hand_over(cursor, pending)
                    pending = io.StringIO()
        hand_over(cursor, pending)
    cursor.execute("CREATE INDEX ON copy (delivery_id)")
    cursor.execute("ANALYZE copy")
    return count


def hand_over(cursor, rows):
    rows.seek(0)
    cursor.copy_expert("COPY copy FROM STDIN", rows)
