"""A real server behind a mask: it offers less than it can, and understands
only what it offers."""

import contextlib
import re
import socket
import threading

# What a client may say only where it is offered.
NEEDS = {
    "IDLE": rb"IDLE$", "ID": rb"ID \(", "ESEARCH": rb"UID SEARCH RETURN",
    "CONDSTORE": rb".*(\(CONDSTORE\)|CHANGEDSINCE|MODSEQ)",
    "QRESYNC": rb".*QRESYNC", "ENABLE": rb"ENABLE ",
    "LIST-EXTENDED": rb"LIST .* RETURN", "SASL-IR": rb"AUTHENTICATE \S+ \S",
    "LITERAL+": rb".*\{\d+\+\}$", "MOVE": rb"UID MOVE",
    "UIDPLUS": rb"UID EXPUNGE", "NAMESPACE": rb"NAMESPACE",
    "UNSELECT": rb"UNSELECT", "STATUS=SIZE": rb"STATUS .*SIZE",
}
OFFER = re.compile(rb"(\* CAPABILITY |\S+ OK \[CAPABILITY )([^\]\r]*)")
BARE = "IMAP4rev1 AUTH=PLAIN"


class Mask:
    """In front of `port`, where nothing is encrypted; `offers` None: all that
    the server has."""

    def __init__(self, port, offers):
        self.target, self.offers = port, offers
        self.commands, self.strays = [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                for sock in (client, server):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pump in (self.answers, self.asks):
                    threading.Thread(target=pump, args=(client, server),
                                     daemon=True).start()

    def answers(self, client, server):
        with contextlib.suppress(OSError), server.makefile("rb") as lines:
            for line in lines:
                client.sendall(self.masked(line))
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def masked(self, line):
        if self.offers is None:
            return line
        if b"CONDSTORE" not in self.offers.encode() and \
                line.startswith(b"* OK [HIGHESTMODSEQ"):
            return b""
        return OFFER.sub(rb"\g<1>" + self.offers.encode(), line)

    def asks(self, client, server):
        with contextlib.suppress(OSError), client.makefile("rb") as lines:
            for line in lines:
                tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
                self.commands.append(rest)
                if self.may(rest):
                    server.sendall(line)
                else:
                    self.strays.append(rest)
                    client.sendall(tag + b" BAD that is not offered\r\n")
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def may(self, command):
        offered = self.offers.split() if self.offers is not None else NEEDS
        return not any(re.match(words, command)
                       for name, words in NEEDS.items() if name not in offered)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
