"""Certificates of every kind, good and bad, and servers' TLS with them."""

import datetime
import ipaddress
import itertools
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = ("localhost", "127.0.0.1")
NUMBERS = itertools.count(1)


def common_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def builder(subject, issuer, key, days):
    now = datetime.datetime.utcnow()
    return x509.CertificateBuilder(
        subject_name=common_name(subject), issuer_name=common_name(issuer),
        public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now + datetime.timedelta(days=days[0]),
        not_valid_after=now + datetime.timedelta(days=days[1]))


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """Signs certificates; `pem` is the file to trust."""

    def __init__(self, folder, name="Test authority"):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = builder(name, name, self.key, (-9, 9)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).sign(self.key, hashes.SHA256())
        self.pem = self.write(pem(self.certificate))

    def write(self, data):
        path = f"{self.folder}/{next(NUMBERS)}.pem"
        with open(path, "wb") as f:
            f.write(data)
        return path

    def server(self, names=HERE, days=(-1, 1), rsa_bits=None, self_signed=False,
               usage=ExtendedKeyUsageOID.SERVER_AUTH, tls=None):
        """TLS of a server whose certificate is for these names."""
        key = (rsa.generate_private_key(65537, rsa_bits) if rsa_bits
               else ec.generate_private_key(ec.SECP256R1()))
        b = builder("localhost", "localhost" if self_signed else self.name,
                    key, days)
        b = b.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            b = b.add_extension(x509.SubjectAlternativeName(
                [alternative(n) for n in names]), critical=False)
        made = b.sign(key if self_signed else self.key, hashes.SHA256())
        path = self.write(pem(made) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if rsa_bits or tls:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if tls:
            context.minimum_version = context.maximum_version = tls
        context.load_cert_chain(path)
        return context


BAD_CERTIFICATES = {
    "of another host": {"names": ["mail.example.com", "127.0.0.2"]},
    "of a host below": {"names": ["localhost.example.com", "*.localhost"]},
    "expired": {"days": (-3, -1)},
    "not yet valid": {"days": (1, 3)},
    "self-signed": {"self_signed": True},
    "with a common name only": {"names": []},
    "of 1024 bits": {"rsa_bits": 1024},
    "of a client": {"usage": ExtendedKeyUsageOID.CLIENT_AUTH},
}
WORDS = {
    "of another host": "hostname mismatch", "of a host below": "hostname mismatch",
    "expired": "expired", "not yet valid": "not yet valid",
    "self-signed": "self.signed", "with a common name only": "hostname mismatch",
    "of 1024 bits": "key too (small|weak)", "of a client": "purpose",
}
