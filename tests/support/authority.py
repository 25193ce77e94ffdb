"""An authority that signs certificates, for tests of TLS."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Authority"]

_NOW = datetime.now(UTC)


class Authority:
    """Who signs certificates: its own key and certificate, and those of the brokers it signs."""

    def __init__(self, name: str, directory: Path, *, days: int = 365) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name, self._directory = _named(name), directory
        made = self._made(self._name, self._key, _NOW - timedelta(days=400), days)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))

    def sign(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        since: int = -1,
        days: int = 90,
        directory: Path | None = None,
    ) -> str:
        """Make a broker's key and certificate; answers the lines of mosquitto's configuration."""
        key = ec.generate_private_key(ec.SECP256R1())
        begins = _NOW + timedelta(days=since)
        names: list[x509.GeneralName] = [
            x509.DNSName("localhost"),
            x509.IPAddress(ip_address(host)),
        ]
        made = self._made(_named(name), key, begins, days).add_extension(
            x509.SubjectAlternativeName(names[host == "127.0.0.1" :]), critical=False
        )
        into = directory or self._directory
        certificate = into / f"{name}.crt"
        certificate.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))
        secret = into / f"{name}.key"
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return f"certfile {certificate}\nkeyfile {secret}\n"

    def vouch(
        self, name: str, directory: Path, *, since: int = -1, days: int = 90
    ) -> tuple[str, str]:
        """Make a client's certificate; answers the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._made(_named(name), key, _NOW + timedelta(days=since), days)
        stem = directory / name.replace("/", ".")
        certificate, secret = stem.with_suffix(".pem"), stem.with_suffix(".key")
        certificate.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(certificate), str(secret)

    def _made(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, days: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(max(begins, _NOW) + timedelta(days=days))
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
