"""The database goes away in the middle of a campaign (D-06, D-08)."""

import socket
import threading
import time

from sending import RECIPIENTS, wait_for


class Proxy:
    """Stands between the senders and PostgreSQL's socket, and can cut: the
    answer to what was being committed is then lost."""

    def __init__(self, folder, target):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(f"{folder}/.s.PGSQL.5432")
        self.socket.listen(50)
        self.target, self.pairs = target, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            self.pairs.append((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b),
                                 daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(2)
            except OSError:
                pass

    def cut(self):
        """Towards the sender first: what was sent to the server counts."""
        pairs, self.pairs = self.pairs, []
        for client, _ in pairs:
            client.shutdown(2)

    def close(self):
        self.socket.close()
        self.cut()


def test_restarted_in_the_middle(sending):
    sink = sending.sink("--delay-ms", "0-30")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100",
                            "--lease-s=5")
    sending.wait_recorded(100)
    for _ in range(3):
        sending.database.close()
        sending.postgres.control("restart")
        before = sending.recorded()
        began = time.time()
        wait_for(lambda: sending.recorded() > before
                 or sending.status() == "finished", 30)
        assert time.time() - began < 10
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    # A claim whose answer was lost may look as if it had been used.
    assert sending.states().get("uncertain", 0) <= 3 * 2 * 100


def test_answers_that_are_lost(sending, tmp_path):
    """Connections cut again and again, also between COMMIT and its answer:
    what happened is found out, not assumed."""
    tmp_path.chmod(0o755)
    folder = sending.postgres.folder
    proxy = Proxy(str(tmp_path), f"{folder}/.s.PGSQL.5432")
    sending.env["VOLLEY_DATABASE"] = sending.conninfo.replace(folder,
                                                              str(tmp_path))
    sink = sending.sink("--delay-ms", "0-30")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100",
                            "--lease-s=5")
    sending.wait_recorded(50)
    for _ in range(30):
        time.sleep(0.2)
        proxy.cut()
    sending.wait_finished()
    sending.stop(sender)
    proxy.close()
    assert sending.check_ledger(sink) == set()
    assert sending.states().get("uncertain", 0) <= 30 * 2 * 100
    assert set(sink.copies().values()) == {1}


def test_away_longer_than_the_leases(sending):
    """Nothing is sent that cannot be recorded (I6, D-11), and who was not
    written to is not left in doubt."""
    sink = sending.sink("--delay-ms", "20")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100",
                            "--lease-s=2")
    sending.wait_recorded(100)
    sending.database.close()
    sending.postgres.control("stop")
    time.sleep(0.5)
    before = len(sink.lines())
    time.sleep(3)
    assert len(sink.lines()) <= before + 2 * 100
    at_end = len(sink.lines())
    time.sleep(1)
    assert len(sink.lines()) == at_end
    sending.postgres.control("start")
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}
