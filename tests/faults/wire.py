"""A wire that can be cut: a proxy in front of a server, TCP or a Unix socket,
which spoils connections at an exact place.

What has passed is counted and kept, so that a test knows what each side can
have seen.  Python's threads, two a connection: meant for dozens of them.
"""

import contextlib
import ctypes
import dataclasses
import os
import socket
import threading
import time

CLIENT, SERVER = "client", "server"
CHUNK = 65536
LIBC = ctypes.CDLL(None, use_errno=True)


def send_reset(sock):
    """RST, although another thread may be reading: connect(2) to AF_UNSPEC."""
    nowhere = ctypes.create_string_buffer(16)  # sockaddr, sa_family 0
    if LIBC.connect(sock.fileno(), nowhere, len(nowhere)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@dataclasses.dataclass
class Fault:
    """`side`: whose bytes.  `at`: so many of them pass; or `match`: the place
    is where it begins in what that side says, the `nth` time.

    close, reset   the connection ends there, both ways
    silent         nothing passes any more, either way, and nobody is told
    late           what follows waits `seconds`; each time from the nth on
    flip           that byte arrives changed
    """

    side: str = SERVER
    at: int = 0
    how: str = "close"
    match: bytes = b""
    nth: int = 1
    seconds: float = 0.0


class Pair:
    """One connection through the wire."""

    def __init__(self, proxy, number, client, server, fault):
        self.proxy, self.number, self.fault = proxy, number, fault
        self.ends = {CLIENT: client, SERVER: server}
        self.passed = {CLIENT: 0, SERVER: 0}
        self.said = {CLIENT: bytearray(), SERVER: bytearray()}
        self.struck_at = None  # when the fault came
        self.closed_at = None  # when the client closed after it
        self.silent = False

    def start(self):
        for side in (CLIENT, SERVER):
            threading.Thread(target=self.pump, args=(side,),
                             daemon=True).start()

    def pump(self, side):
        source = self.ends[side]
        other = self.ends[SERVER if side == CLIENT else CLIENT]
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if not self.carry(side, data, other):
                    break
            else:
                if self.silent and side == CLIENT:
                    self.closed_at = time.monotonic()
                self.hang_up(other, side)
                return
        self.hang_up(other, side)

    def hang_up(self, other, side):
        """An end of one side is an end for the other; not when silent."""
        if self.silent and side == SERVER:
            return
        if self.silent and self.closed_at is None:
            self.closed_at = time.monotonic()
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def carry(self, side, data, other):
        """Passes it on, up to the fault; False: that was the end."""
        while data:
            place = self.place(side, data)
            if place is None:
                self.forward(side, data, other)
                return True
            self.forward(side, data[:place], other)
            data = self.strike(side, data[place:])
            if data is None:
                return False
        return True

    def forward(self, side, data, other):
        if not data or self.silent:
            return
        self.passed[side] += len(data)
        if self.proxy.keep:
            self.said[side] += data
        other.sendall(data)

    def place(self, side, data):
        """Where in the data the fault is; None: not in it."""
        fault = self.fault
        if fault is None or fault.side != side or self.silent:
            return None
        if self.struck_at is not None and fault.how != "late":
            return None
        if not fault.match:
            at = fault.at - self.passed[side]
            return at if at < len(data) else None
        at = -1
        for _ in range(fault.nth):
            at = data.find(fault.match, at + 1)
            if at < 0:
                fault.nth -= data.count(fault.match)
                return None
        return at

    def strike(self, side, data):
        """What is left to be carried; None: nothing ever again."""
        self.struck_at = time.monotonic()
        self.proxy.struck += 1
        how = self.fault.how
        if how == "late":
            time.sleep(self.fault.seconds)
            # the match itself passes now, and is not found again
            self.forward(side, data[:1], self.ends[CLIENT])
            return data[1:]
        if how == "flip":
            return bytes([data[0] ^ 0x55]) + data[1:]
        if how == "silent":
            self.silent = True
            return data
        self.end(reset=how == "reset")
        return None

    def end(self, reset=False):
        """Both still read what has passed, unless it is reset."""
        client, server = self.ends[CLIENT], self.ends[SERVER]
        self.silent = True
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            if reset:
                send_reset(client)
            else:
                client.shutdown(socket.SHUT_WR)
        for end in (server, client):
            with contextlib.suppress(OSError):
                end.settimeout(5)
                while end.recv(CHUNK):
                    pass


class Proxy:
    """Listens at `port` (0: a free one) or at the path `listen`; `target` is a
    port or a path.  `plan(n)` gives the fault of the n-th connection, from 1,
    or None.  `keep`: what was said is kept."""

    def __init__(self, target, plan=None, listen=None, keep=False):
        self.target, self.keep = target, keep
        self.plan = plan or (lambda n: None)
        self.pairs, self.struck = [], 0
        self.cut_off = False  # like a network that is gone
        if listen is not None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(listen)
            self.socket.listen(64)
            self.port = None
        else:
            self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self.join(client)

    def join(self, client):
        server = None
        try:
            if isinstance(self.target, int):
                server = socket.create_connection(("127.0.0.1", self.target))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            else:
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
        except OSError:
            client.close()
            raise
        number = len(self.pairs) + 1
        pair = Pair(self, number, client, server, self.plan(number))
        pair.silent = self.cut_off
        self.pairs.append(pair)
        pair.start()

    def said(self, side):
        """All that passed of a side, over all connections."""
        return b"".join(bytes(pair.said[side]) for pair in self.pairs)

    def hush(self):
        """Nothing passes on any connection, also on new ones."""
        self.cut_off = True
        for pair in list(self.pairs):
            pair.silent = True

    def heal(self):
        """New connections pass; what was silent stays so."""
        self.cut_off = False

    def cut(self):
        """Ends every connection there is; towards the client first, so that
        what it said counts."""
        for pair in list(self.pairs):
            with contextlib.suppress(OSError):
                pair.ends[CLIENT].shutdown(socket.SHUT_RDWR)

    def close(self):
        self.socket.close()
        for pair in self.pairs:
            for end in pair.ends.values():
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                with contextlib.suppress(OSError):
                    end.close()
