"""People who click without pause, and how often each was told where to go."""

import socket
import threading

import given

HEAD = ("Host: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)"
        " Firefox/115.0\r\n\r\n")


def mailing(api, people, links=3):
    """A campaign with links that was sent to so many; its id and tokens."""
    c = given.frozen(api, [])
    api.sql("WITH person AS (INSERT INTO contact (email, email_key) SELECT"
            " e, e FROM (SELECT 'p' || %s || '-' || n || '@click.example.com'"
            " FROM generate_series(1, %s) n) s (e) RETURNING id)"
            " INSERT INTO delivery SELECT (%s::bigint << 32) + row_number()"
            " OVER (ORDER BY id), %s, id, l.list_id FROM person,"
            " campaign_list l WHERE l.campaign_id = %s", c, people, c, c, c)
    api.sql("UPDATE campaign SET audience = %s WHERE id = %s", people, c)
    api.sql("INSERT INTO campaign_link SELECT %s, n,"
            " 'https://shop.example.com/' || n, false"
            " FROM generate_series(0, %s - 1) n", c, links)
    return c, [given.token(api, given.delivery_id(c, n + 1))
               for n in range(people)]


class Clicker(threading.Thread):
    """One connection after the other, `depth` requests at a time."""

    def __init__(self, address, tokens, depth=1):
        super().__init__(daemon=True)
        host, port = address.split(":")
        self.address = (host, int(port))
        self.requests = [f"GET /c/{t}/0 HTTP/1.1\r\n{HEAD}".encode()
                         for t in tokens]
        self.depth = depth
        self.sent = self.told = 0
        self.stopping = False

    def run(self):
        while not self.stopping:
            try:
                with socket.create_connection(self.address, 5) as s:
                    s.settimeout(10)
                    while not self.stopping:
                        self.round(s)
            except OSError:
                pass

    def round(self, s):
        n = len(self.requests)
        data = b"".join(self.requests[(self.sent + i) % n]
                        for i in range(self.depth))
        self.sent += self.depth
        s.sendall(data)
        got, told = b"", 0
        while told < self.depth:
            more = s.recv(65536)
            if not more:
                raise OSError("closed")
            got += more
            # an answer has no body: its header is all of it
            *whole, got = got.split(b"\r\n\r\n")
            assert all(a.startswith(b"HTTP/1.1 302 ") for a in whole), whole
            told += len(whole)
            self.told += len(whole)


class Clickers:
    def __init__(self, address, tokens, connections, depth=1):
        self.all = [Clicker(address, tokens[i::connections], depth)
                    for i in range(connections)]
        for c in self.all:
            c.start()

    def stop(self):
        for c in self.all:
            c.stopping = True
        for c in self.all:
            c.join(30)

    @property
    def told(self):
        return sum(c.told for c in self.all)

    @property
    def sent(self):
        return sum(c.sent for c in self.all)
