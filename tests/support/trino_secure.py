"""A Trino with logins that spools its results: HTTPS, passwords, tokens, client certificates, and an S3 server beside it.

Authority ─▶ ca.pem │ server.pem │ client.pem │ tokens signed with its key         alice: PASSWORD
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.support.s3_server import BUCKET, S3Server
from tests.support.trino_server import TrinoServer, free_port

USER = "alice"
PASSWORD = "correct horse, battery"


class SecureTrino(TrinoServer):
    """One coordinator; its plain port takes a bare user, so that what waits for its boot may ask.

    Attributes:
        https: where it asks for a login.
        ca: the file of the authority that its certificate is of.
        client: the file of a certificate and key that it takes for a login of alice.
    """

    def __init__(self, folder: Path) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._authority = _certificate("authority", self._key, None)
        tls = free_port()
        self._s3 = S3Server(folder / "s3")
        super().__init__(folder, _config(folder, tls), {**self._files(folder), **self._spool()})
        self.https = f"https://127.0.0.1:{tls}"
        self.ca, self.client = folder / "ca.pem", folder / "client.pem"

    def start(self, cache: Path) -> None:
        """Begin to boot, with the S3 server."""
        self._s3.start(cache)
        super().start(cache)

    def wait(self) -> None:
        """Return when both answer."""
        self._s3.wait()
        super().wait()

    def stop(self) -> None:
        """End both."""
        super().stop()
        self._s3.stop()

    def _spool(self) -> dict[str, str]:
        keys = {
            "spooling-manager.name": "filesystem",
            "fs.s3.enabled": "true",
            "fs.location": f"s3://{BUCKET}/segments",
            "fs.segment.encryption": "false",
            "s3.endpoint": self._s3.url,
            "s3.region": "us-east-1",
            "s3.aws-access-key": "any",
            "s3.aws-secret-key": "any",
            "s3.path-style-access": "true",
        }
        return {"spooling-manager.properties": "".join(f"{key}={value}\n" for key, value in keys.items())}

    def token(self, *, seconds: int = 3600, user: str = USER) -> str:
        """A JSON web token of this user, good for so many seconds."""
        head = _encoded({"alg": "RS256", "typ": "JWT"})
        claims = _encoded({"sub": user, "exp": int(time.time()) + seconds})
        signed = self._key.sign(f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{head}.{claims}.{_base64(signed)}"

    def _files(self, folder: Path) -> dict[str, str]:
        def signed(name: str) -> str:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return _pem(key) + _public(_certificate(name, key, (self._authority, self._key)))

        (folder / "ca.pem").write_text(_public(self._authority))
        (folder / "client.pem").write_text(signed(USER))
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        salt = secrets.token_bytes(16)
        hashed = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 10_000, 32)
        return {
            "server.pem": signed("127.0.0.1"),
            "ca.pem": _public(self._authority),
            "jwt.pem": public.decode(),
            "password-authenticator.properties": (
                f"password-authenticator.name=file\nfile.password-file={folder}/etc/passwords\n"
            ),
            "passwords": f"{USER}:10000:{salt.hex()}:{hashed.hex()}\n",
        }


def _config(folder: Path, port: int) -> dict[str, str]:
    etc = folder / "etc"
    return {
        "http-server.authentication.type": "CERTIFICATE,PASSWORD,JWT",
        "http-server.authentication.certificate.user-mapping.pattern": "CN=(.*)",
        "http-server.authentication.jwt.key-file": f"{etc}/jwt.pem",
        "http-server.https.enabled": "true",
        "http-server.https.port": str(port),
        "http-server.https.keystore.path": f"{etc}/server.pem",
        "http-server.https.truststore.path": f"{etc}/ca.pem",
        "internal-communication.shared-secret": secrets.token_hex(32),
        "protocol.spooling.enabled": "true",
        "protocol.spooling.shared-secret-key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _certificate(
    name: str, key: rsa.RSAPrivateKey, by: tuple[x509.Certificate, rsa.RSAPrivateKey] | None
) -> x509.Certificate:
    """A certificate of this name; its own authority's without a `by`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by:
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key())
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        made = made.add_extension(signer, critical=False)
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(by[1] if by else key, hashes.SHA256())


def _public(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _encoded(value: dict[str, object]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
