"""One mail to a real server: what arrives, what cannot be smuggled in, and what is known after."""

from __future__ import annotations

import datetime as dt
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from invoicing.infra import mail
from invoicing.infra.mail import BadMail, File, Letter, MailRefused, MailUncertain, SmtpSettings
from provide.mail import Sink
from provide.stubborn import stubborn

WHEN = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
LETTER = Letter(
    recipient="claire@client.example",
    recipient_name="Claire Élan, direction",
    subject="Votre facture n° 2026-0042 – 1 234,50 €",
    text="Bonjour Claire,\n\n.une ligne avec un point\nÀ bientôt\n",
    html="<p>Bonjour Claire</p>",
    message_id="<msg_abc@atelier.example>",
    dated_at=WHEN,
    language="fr",
    files=(File(b"%PDF-1.7 \x00\xff end", "Facture n° 42 – été.pdf", "application/pdf"),),
)


def to(port: int, **changes: object) -> SmtpSettings:
    """Settings for a server on loopback."""
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "",
        "password": "",
        "from_address": "bureau@atelier.example",
        "from_name": "Atelier Mörel; Paris",
    }
    return SmtpSettings(**{**values, **changes})  # type: ignore[arg-type]


def send(settings: SmtpSettings, letter: Letter = LETTER) -> str:
    """Build and deliver."""
    return mail.deliver(settings, mail.build(settings, letter))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, in tenths of seconds."""
    monkeypatch.setattr(mail, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(mail, "TOTAL_SECONDS", 1.0)


def test_a_letter_arrives_as_it_was_written(smtp: Sink) -> None:
    assert send(to(smtp.port)) == "250 OK kept"
    (arrived,) = smtp.messages
    assert arrived["Subject"] == LETTER.subject
    assert arrived["From"].addresses[0].display_name == "Atelier Mörel; Paris"
    assert arrived["To"].addresses[0].display_name == "Claire Élan, direction"
    assert arrived["Message-ID"] == "<msg_abc@atelier.example>"
    assert arrived["Date"].datetime == WHEN
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Content-Language"] == "fr"
    text = arrived.get_body(("plain",))
    html = arrived.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().strip() == LETTER.html
    (attached,) = arrived.iter_attachments()
    assert attached.get_filename() == "Facture n° 42 – été.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == LETTER.files[0].data
    assert smtp.recipients == [["claire@client.example"]]


def test_the_same_letter_twice_is_the_same_message(smtp: Sink) -> None:
    send(to(smtp.port))
    send(to(smtp.port))
    first, second = smtp.messages
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


NASTY = "Eve\r\nBcc: thief@evil.example\r\n\r\nSecond body\u2028X\x00"


def test_no_header_can_be_smuggled_in(smtp: Sink) -> None:
    settings = to(smtp.port, from_name=NASTY)
    letter = Letter(
        recipient="claire@client.example",
        recipient_name=NASTY,
        subject=NASTY,
        text="ok",
        html="ok",
        message_id="<a@b>\r\nBcc: x@y.example",
        dated_at=WHEN,
        language="en\r\nBcc: x@y.example",
        files=(File(b"x", NASTY + "../../etc/passwd", "application/pdf"),),
    )
    send(settings, letter)
    (arrived,) = smtp.messages
    assert arrived["Bcc"] is None
    assert arrived["To"].addresses[0].addr_spec == "claire@client.example"
    assert len(arrived["To"].addresses) == 1
    assert smtp.recipients == [["claire@client.example"]]
    (attached,) = arrived.iter_attachments()
    assert not re.search(r"[\r\n/\\]", str(attached.get_filename()))


@given(name=st.text(max_size=60), subject=st.text(max_size=200))
def test_whatever_is_typed_stays_in_its_header(name: str, subject: str) -> None:
    built = mail.build(
        to(25),
        Letter("a@b.example", name, subject, "t", "h", "<x@y>", WHEN, "en"),
    )
    head = built.as_bytes().split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    wanted = "From To Subject Date Message-ID Auto-Submitted Content-Language MIME-Version"
    assert sorted(names) == sorted([*wanted.split(), "Content-Type"])
    assert len(built["To"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@", "@b.example", "a@b.example\nBcc: c@d.example", "a b@c.example", "a@b,c@d"],
)
def test_an_impossible_address_is_refused_before_any_connection(address: str) -> None:
    with pytest.raises(BadMail):
        mail.build(to(25), Letter(address, "", "s", "t", "h", "<x@y>", WHEN, "en"))


def test_a_domain_with_accents_goes_in_its_ascii_form(smtp: Sink) -> None:
    send(to(smtp.port), Letter("a@bücher.example", "", "s", "t", "h", "<x@y>", WHEN, "en"))
    assert smtp.recipients == [["a@xn--bcher-kva.example"]]


def test_an_address_with_accents_needs_a_server_that_takes_it() -> None:
    letter = Letter("zoé@b.example", "", "s", "t", "h", "<x@y>", WHEN, "en")
    with stubborn() as server, pytest.raises(MailRefused) as refused:
        send(to(server.port), letter)
    assert refused.value.permanent
    assert server.letters == []


@pytest.mark.usefixtures("impatient")
def test_nobody_listening_means_certainly_not_sent() -> None:
    with stubborn() as server:
        port = server.port
    with pytest.raises(MailRefused) as refused:
        send(to(port))
    assert not refused.value.permanent
    assert not refused.value.by_server


@pytest.mark.parametrize(
    ("where", "answer", "permanent"),
    [
        ("MAIL", "550 not from you", True),
        ("RCPT", "550 no such user", True),
        ("RCPT", "451 greylisted, come back", False),
        ("DATA", "554 no", True),
        ("dot", "552 too large", True),
        ("dot", "452 disk full", False),
    ],
)
def test_a_refusal_carries_the_servers_words(where: str, answer: str, permanent: bool) -> None:  # noqa: FBT001
    with stubborn(**{where: answer}) as server, pytest.raises(MailRefused) as refused:
        send(to(server.port))
    assert refused.value.words == answer
    assert refused.value.permanent is permanent
    assert refused.value.by_server


def test_a_wrong_password_can_be_mended_so_it_is_no_end() -> None:
    with stubborn(EHLO="250-here\r\n250 AUTH PLAIN", AUTH="535 wrong password") as server:
        settings = to(server.port, username="u", password="wrong")
        with pytest.raises(MailRefused) as refused:
            send(settings)
    assert refused.value.words == "535 wrong password"
    assert not refused.value.permanent
    assert not refused.value.by_server


def test_without_the_encryption_asked_for_nothing_is_said() -> None:
    with stubborn() as server:
        settings = to(server.port, security="starttls", username="u", password="secret")
        with pytest.raises(MailRefused):
            send(settings)
    assert not [c for c in server.commands if c.startswith(("AUTH", "MAIL"))]


def test_a_line_cut_after_the_letter_leaves_doubt() -> None:
    with stubborn(dot="drop") as server, pytest.raises(MailUncertain):
        send(to(server.port))
    assert len(server.letters) == 1


def test_a_line_cut_before_the_letter_leaves_none() -> None:
    with stubborn(DATA="drop") as server, pytest.raises(MailRefused) as refused:
        send(to(server.port))
    assert not refused.value.permanent


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("where", ["greeting", "RCPT", "DATA"])
def test_a_server_that_says_nothing_is_left_in_time(where: str) -> None:
    began = time.monotonic()
    with stubborn(**{where: "hang"}) as server, pytest.raises(MailRefused):
        send(to(server.port))
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_server_silent_after_the_letter_is_left_in_doubt(how: str) -> None:
    began = time.monotonic()
    with stubborn(dot=how) as server, pytest.raises(MailUncertain):
        send(to(server.port))
    assert time.monotonic() - began < 5


def test_a_trusted_certificate_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _tls_server(tmp_path) as (port, sink):
        with pytest.raises(MailRefused) as refused:
            send(to(port, security="tls"))
        assert not refused.value.by_server
        assert sink.messages == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert send(to(port, security="tls")) == "250 OK kept"
        assert len(sink.messages) == 1


@contextmanager
def _tls_server(folder: Path) -> Iterator[tuple[int, Sink]]:
    """A server that speaks TLS from the start, with a certificate nobody knows yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    at = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(hours=1))
        .not_valid_after(at + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=_free_port(), ssl_context=context)
    controller.start()
    try:
        yield controller.port, sink
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
