"""The broker: whether the store gets there, believes its certificate, and is let in."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.patience import within
from agent.doctor.unit import Unit
from sync.broker import Broker
from sync.certificates import SOON, end_of_ours, our_certificate
from sync.probe import Knock, knock

__all__ = ["BrokerFacts", "as_handed", "gather_broker", "judge_broker", "knock_at"]

_WITHIN_S = 5.0
_RESOLVER_S = 5.0
_EXPIRED, _NOT_YET = 10, 9
_UNKNOWN_ISSUER = (18, 19, 20, 21)
_OTHER_NAME = (62, 64)
_REASONS = {
    0x01: "it does not speak MQTT 5",
    0x04: "it does not know this user name and password",
    0x05: "this user may not log in",
    0x84: "it does not speak MQTT 5",
    0x85: "it takes no client under the name of the doctor",
    0x86: "it does not know this user name and password",
    0x87: "this user may not log in",
    0x88: "it is not available now",
    0x89: "it is too busy now",
    0x8A: "it has banned this client",
}
_WRONG_LOGIN = (0x86, 0x87, 0x04, 0x05)
"""With those of MQTT 3, in which an old broker answers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerFacts:
    """What is known of the way to a broker. ``section`` names it in the configuration,
    ``authorities`` are the certificates in ``ca_file``, ``ca_fault`` says why it holds none;
    ``knocked`` is None where no answer came in time.
    """

    broker: Broker
    section: str
    address: str | None
    now: datetime
    knocked: Knock | None
    authorities: tuple[x509.Certificate, ...] = ()
    ca_fault: str | None = None
    ours: x509.Certificate | None = None
    our_fault: str | None = None
    """Our own certificate, where we show one, or why it cannot be read."""


def gather_broker(
    it: Configured, *, now: datetime, within_s: float = _WITHIN_S, unit: Unit | None = None
) -> BrokerFacts:
    """Knock at the broker of a store's configuration that has one, as ``knock_at`` does."""
    assert it.hub is not None, "asked of those who have one"  # noqa: S101
    device = it.device
    address = f"{device.tenant}/{device.store}/{device.name}" if device else None
    broker = as_handed(it.hub.broker(), unit)
    return knock_at(broker, section="hub", address=address, now=now, within_s=within_s)


def as_handed(broker: Broker, unit: Unit | None) -> Broker:
    """Name the files that the unit hands to its service by where they lie."""
    handed = {name: str(path) for name, path in unit.files.items()} if unit else {}
    found = {
        key: handed[name]
        for key in ("ca_file", "cert_file", "key_file")
        if (name := getattr(broker, key)) in handed
    }
    return replace(broker, **found)


def knock_at(
    broker: Broker,
    *,
    section: str,
    address: str | None,
    now: datetime,
    within_s: float = _WITHIN_S,
) -> BrokerFacts:
    """Knock at a broker, which a ``section`` of the configuration names.

    Answers in about ``within_s``, and five seconds later where the resolver does not.
    """
    knocked = within(within_s + _RESOLVER_S, lambda: knock(broker, timeout_s=within_s))
    facts = BrokerFacts(broker=broker, section=section, address=address, now=now, knocked=knocked)
    try:
        facts = replace(facts, ours=our_certificate(broker))
    except (OSError, ValueError) as error:
        facts = replace(facts, our_fault=_why(error))
    if broker.ca_file is None:
        return facts
    try:
        authorities = x509.load_pem_x509_certificates(Path(broker.ca_file).read_bytes())
    except (OSError, ValueError) as error:
        return replace(facts, ca_fault=_why(error))
    return replace(facts, authorities=tuple(authorities))


def _why(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "it is no certificate"


def judge_broker(facts: BrokerFacts) -> list[Finding]:
    """Say how far the way to head office goes, and until when."""
    return [*_way(facts), *_identity(facts), *_certificates(facts), *_our_own(facts)]


def _way(facts: BrokerFacts) -> list[Finding]:
    broker, done = facts.broker, facts.knocked
    where, url = f"{broker.host}:{broker.port}", f"[{facts.section}] url"
    if done is None:
        advice = "look at the network and its name server: ip addr, resolvectl status"
        return [failed("broker", f"{where} gave no answer in time", advice)]
    match done.failed_at:
        case None:
            how = "TLS holds, " if broker.tls else ""
            return [fine("broker", f"{where} answers, {how}and lets us in")]
        case "resolve":
            advice = f"look at {url}, and at the name server: resolvectl query {broker.host}"
            return [failed("broker", f"nobody knows the name {broker.host}: {done.why}", advice)]
        case "connect":
            advice = f"look at {url}, at the broker, and at firewalls between"
            return [failed("broker", f"{where} is not reached: {done.why}", advice)]
        case "tls":
            return [_untrusted(facts, done)]
        case "login":
            return [_not_let_in(facts, done)]


def _untrusted(facts: BrokerFacts, done: Knock) -> Finding:
    shown = _certificate(done.certificate)
    where = f"{facts.broker.host}:{facts.broker.port}"
    if done.tls_code == _EXPIRED:
        until = f" on {shown.not_valid_after_utc:%Y-%m-%d}" if shown else ""
        advice = "have it renewed at the broker; is this machine's clock right? see 'clock'"
        return failed("certificate", f"the certificate of {where} ran out{until}", advice)
    if done.tls_code == _NOT_YET:
        since = f" before {shown.not_valid_before_utc:%Y-%m-%d}" if shown else ""
        advice = "this machine's clock is most likely wrong; see 'clock'"
        return failed("certificate", f"the certificate of {where} is not valid{since}", advice)
    if done.tls_code in _UNKNOWN_ISSUER:
        issuer = f" by {_name(shown.issuer)}" if shown else ""
        said = f"the certificate of {where} is signed{issuer}, whom nobody here knows"
        known = f"set [{facts.section}] ca_file to the certificate of its authority"
        if facts.broker.ca_file:
            known = f"{facts.broker.ca_file} is another authority's; put the right one there"
        return failed("certificate", said, f"{known}, or let the broker send its whole chain")
    if done.tls_code in _OTHER_NAME:
        names = f": it is for {', '.join(_names(shown)) or 'nobody'}" if shown else ""
        said = f"the certificate is not for {facts.broker.host}{names}"
        return failed("certificate", said, f"set [{facts.section}] url to a name for which it is")
    advice = "is it a port for TLS? mqtts:// is usually 8883, mqtt:// 1883"
    return failed("broker", f"no TLS with {where}: {done.why}", advice)


def _not_let_in(facts: BrokerFacts, done: Knock) -> Finding:
    where, user = f"{facts.broker.host}:{facts.broker.port}", facts.broker.username
    if done.reason is None and end_of_ours(facts.broker, now=facts.now) is not None:
        said = f"{where} does not take our certificate: {done.why}"
        return failed("broker", said, "put a new one there; see 'certificate'")
    if done.reason is None:
        advice = "is it a broker, and the port right? mqtts:// is usually 8883, mqtt:// 1883"
        return failed("broker", f"{where} does not take a login: {done.why}", advice)
    why = _REASONS.get(done.reason, f"reason {done.reason:#04x}")
    said = f"{where} does not let us in: {why}"
    if done.reason not in _WRONG_LOGIN:
        return failed("broker", said, "look at the broker's log")
    if facts.broker.password is None:
        advice = (
            f"no password is set here; run the doctor as root, or set [{facts.section}] password"
        )
    else:
        who = f"'{user}'" if user else "a user"
        advice = f"on the broker's machine: mosquitto_passwd FILE {who}; then the same here"
    return failed("broker", said, advice)


def _identity(facts: BrokerFacts) -> list[Finding]:
    broker, found = facts.broker, []
    if broker.username is not None and facts.address not in (None, broker.username):
        said = f"we log in as '{broker.username}', and are the device '{facts.address}'"
        advice = "the shipped access rules let a device use its topics under its address alone"
        found.append(warned("broker", said, advice))
    if not broker.tls and broker.host not in ("localhost", "127.0.0.1", "::1"):
        said = f"the password travels to {broker.host} in clear"
        found.append(
            warned(
                "broker", said, f"set [{facts.section}] url to mqtts://, with a listener for TLS"
            )
        )
    return found


def _certificates(facts: BrokerFacts) -> list[Finding]:
    if not facts.broker.tls:
        return []
    if facts.ca_fault is not None:
        said = f"{facts.broker.ca_file} cannot be read: {facts.ca_fault}"
        return [failed("certificate", said, "put the authority's certificate there, as PEM")]
    done, found = facts.knocked, []
    shown = _certificate(done.certificate) if done and done.failed_at != "tls" else None
    if shown is not None:
        found.append(_lasting(facts, shown, "the broker's certificate", "have it renewed in time"))
    for authority in facts.authorities:
        what = f"the authority {_name(authority.subject)}"
        lasting = _lasting(facts, authority, what, f"put its new one into {facts.broker.ca_file}")
        found += [lasting] if lasting.status != "ok" else []
    return found


def _our_own(facts: BrokerFacts) -> list[Finding]:
    file = facts.broker.cert_file
    if facts.our_fault is not None:
        said = f"{file} cannot be read: {facts.our_fault}"
        return [failed("certificate", said, "put our own certificate there, as PEM")]
    if facts.ours is None:
        return []
    advice = f"have a new one signed and put it into {file}; it is taken without a restart"
    return [_lasting(facts, facts.ours, "our own certificate", advice)]


def _lasting(facts: BrokerFacts, it: x509.Certificate, what: str, advice: str) -> Finding:
    until = it.not_valid_after_utc
    if until < facts.now:
        return failed("certificate", f"{what} ran out on {until:%Y-%m-%d}", advice)
    left = f"{until:%Y-%m-%d}, in {(until - facts.now).days} days"
    if until < facts.now + SOON:
        return warned("certificate", f"{what} runs out on {left}", advice)
    return fine("certificate", f"{what} is good until {left}")


def _certificate(der: bytes | None) -> x509.Certificate | None:
    try:
        return None if der is None else x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string() or "nobody"


def _names(it: x509.Certificate) -> list[str]:
    try:
        told = it.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(each.value) for each in told]
