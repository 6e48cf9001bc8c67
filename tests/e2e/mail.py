"""Certificates, and Postfix and Dovecot, for the tests."""

import dataclasses
import os
import subprocess


@dataclasses.dataclass
class Certificate:
    ca: str
    cert: str
    key: str


def run(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True,
                   capture_output=True)


def certificate(folder, name="IP:127.0.0.1"):
    """A private authority, and a server's certificate that it signed."""
    run(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
        "ca.pem", "-days", "2", "-subj", "/CN=Test authority")
    run(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj",
        "/CN=server")
    with open(f"{folder}/ext", "w", encoding="utf-8") as f:
        f.write(f"subjectAltName={name}\n")
    run(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey",
        "ca.key", "-days", "2", "-extfile", "ext", "-out", "server.pem")
    return Certificate(*(os.path.join(folder, name)
                         for name in ("ca.pem", "server.pem", "server.key")))
