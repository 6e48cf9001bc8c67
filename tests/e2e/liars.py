"""What a server, or who stands before it, may do wrong about TLS.  Each is to
be put before a recorder, whose words it uses: lying(Strips, Recorder)."""


def lying(liar, recorder):
    return type(f"{liar.__name__}{recorder.__name__}", (liar, recorder), {})


class Strips:
    """Offers a login instead of TLS, as a man in the middle does."""

    def offers(self, c):
        return [*self.capabilities, *self.stripped]


class Refuses:
    which = 0

    def on_starttls(self, c):
        c.say(self.refused(c, self.which))


class RefusesForGood(Refuses):
    which = 1


class AlreadySecure(Refuses):
    which = 2


class Injects:
    """The answers to what will be asked under TLS, in the clear."""

    def on_starttls(self, c):
        c.say(self.go(c), *self.answers(c))
        self.handshake(c)


class InjectsHalfALine:
    def on_starttls(self, c):
        c.sock.sendall(self.go(c).encode() + b"\r\n" + self.half)
        self.handshake(c)


class AnswersInAdvance:
    def greet(self, c):
        c.say(*self.in_advance)

    def command(self, c, line):
        if b"TLS" in line.upper():
            self.handshake(c)


class GoesOnInTheClear:
    def on_starttls(self, c):
        c.say(self.go(c))
        c.receive()  # the handshake
        c.say(*self.answers(c))
        while True:
            c.receive()


class SpeaksFirst:
    """In the clear where TLS comes first."""

    def handshake(self, c):
        c.say(self.in_advance[0])
        while True:
            c.receive()


LIARS = (Strips, Refuses, RefusesForGood, AlreadySecure, Injects,
         InjectsHalfALine, AnswersInAdvance, GoesOnInTheClear, SpeaksFirst)
