"""Certificates for the link between kiosks, hub and broker: two CAs, P-256, small names.

The server CA signs brokers only and is what kiosks and hub trust; the device CA signs kiosks and
hub only and is what brokers trust. A kiosk's common name is its number, the hub's is `hub`: the
broker takes it as user name, so an issuer chooses it, never a request. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import MAX_DEVICE

HUB_NAME = "hub"
BACKDATED = timedelta(hours=1)
REVOKED_DAYS = 3650  # a broker with a list that is over refuses everybody: it must outlast every certificate


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Term:
    """From when, and for how long, a certificate holds; it begins an hour early for slow clocks."""

    begins: datetime
    days: int

    def dated(self, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        """The builder with both dates."""
        ends = self.begins + timedelta(days=self.days)
        return builder.not_valid_before(self.begins - BACKDATED).not_valid_after(ends)


def make_authority(name: str, term: Term) -> Identity:
    """A CA that signs leaves only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key.public_key(), term)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Identity(_pem(builder.sign(key, hashes.SHA256())), _key_pem(key))


def make_broker(authority: Identity, hosts: Sequence[str], term: Term) -> Identity:
    """A broker's certificate for its names and addresses. `authority` is the server CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(hosts[0]), _subject(authority), key.public_key(), term)
    builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), False)
    return Identity(_signed(builder, authority), _key_pem(key))


def make_kiosk(authority: Identity, device: int, term: Term) -> Identity:
    """A kiosk's key and certificate in one go, for trials: better is a request made on the kiosk."""
    request = make_request()
    return Identity(issue(authority, request.certificate, str(_device(device)), term), request.key)


def make_hub(authority: Identity, term: Term) -> Identity:
    """The hub's key and certificate. `authority` is the device CA."""
    request = make_request()
    return Identity(issue(authority, request.certificate, HUB_NAME, term), request.key)


def make_request() -> Identity:
    """A new key and a signing request for it (in `certificate`); who asks is not in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return Identity(request.public_bytes(serialization.Encoding.PEM), _key_pem(key))


def renew(authority: Identity, request: bytes, device: int, term: Term) -> bytes:
    """A kiosk's next certificate for its signing request. Raises BadBytes.

    The caller has made sure that this request comes from this device.
    """
    return issue(authority, request, str(_device(device)), term)


def issue(authority: Identity, request: bytes, name: str, term: Term) -> bytes:
    """A leaf for the key in a signing request, named by the caller. Raises BadBytes."""
    try:
        asked = x509.load_pem_x509_csr(request)
        key = asked.public_key()
        proven = asked.is_signature_valid
    except ValueError:
        raise BadBytes("a certificate request cannot be read") from None
    if not proven or not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise BadBytes("a certificate request is not signed by the P-256 key that it names")
    return _signed(_builder(_name(name), _subject(authority), key, term), authority)


def check(certificate: bytes, key: bytes, device: int) -> None:
    """Raises BadBytes unless this certificate is for this key and names this kiosk."""
    try:
        read = x509.load_pem_x509_certificate(certificate)
        own = serialization.load_pem_private_key(key, None).public_key()
    except ValueError:
        raise BadBytes("a certificate or its key cannot be read") from None
    if read.public_key() != own or read.subject != _name(str(device)):
        raise BadBytes("a certificate is for another key or another kiosk")


def serial(certificate: bytes) -> int:
    """A certificate's serial number. Raises BadBytes."""
    try:
        return x509.load_pem_x509_certificate(certificate).serial_number
    except ValueError:
        raise BadBytes("a certificate cannot be read") from None


def revoked(authority: Identity, serials: Sequence[int], now: datetime, days: int = REVOKED_DAYS) -> bytes:
    """The authority's list of certificates that count no more (CRL, PEM)."""
    key = serialization.load_pem_private_key(authority.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadBytes("the authority's key is no P-256 key")
    builder = x509.CertificateRevocationListBuilder().issuer_name(_subject(authority))
    builder = builder.last_update(now - BACKDATED).next_update(now + timedelta(days=days))
    for number in sorted(set(serials)):
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(now - BACKDATED)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def lasts(certificate: bytes) -> tuple[datetime, datetime]:
    """When a certificate begins and ends (UTC). Raises BadBytes."""
    try:
        read = x509.load_pem_x509_certificate(certificate)
    except ValueError:
        raise BadBytes("a certificate cannot be read") from None
    return read.not_valid_before_utc, read.not_valid_after_utc


def _device(device: int) -> int:
    if not 1 <= device <= MAX_DEVICE:
        raise BadBytes(f"a kiosk's number must be 1..{MAX_DEVICE}")
    return device


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, term: Term
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return term.dated(builder.serial_number(x509.random_serial_number()))


def _signed(builder: x509.CertificateBuilder, authority: Identity) -> bytes:
    key = serialization.load_pem_private_key(authority.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadBytes("the authority's key is no P-256 key")
    return _pem(builder.sign(key, hashes.SHA256()))


def _subject(authority: Identity) -> x509.Name:
    return x509.load_pem_x509_certificate(authority.certificate).subject


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
