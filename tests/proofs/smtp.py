"""A real mail server for tests."""

import asyncio
import email
import socket
from email.message import EmailMessage
from email.policy import default as policy
from types import SimpleNamespace
from typing import cast

import django
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


def direct_mail_to(port: int, settings: Settings, *, timeout: int) -> None:
    """Have the site send its mail to a server on this machine, with so many seconds of patience."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT = backend, timeout
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


class MailServer:
    """Runs in a thread: keeps the mails that it accepts; refuses, hangs or breaks off as it is told."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.connections = 0
        # What it answers to a recipient's address, such as "550 No such user".
        self.answers: dict[str, str] = {}
        # For how many seconds it keeps a mail before it accepts it.
        self.hangs = 0.0
        # It breaks off when it has accepted so many, before it can say so.
        self.breaks_off_after: int | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def recipients(self) -> list[str]:
        """The addresses that the mails went to, in order."""
        return [message["To"] for message in self.messages]

    def start(self) -> None:
        """Listen."""
        handler = SimpleNamespace(handle_EHLO=self.greet, handle_RCPT=self.take_recipient, handle_DATA=self.take_mail)
        self.controller = Controller(handler, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        """Be down."""
        self.controller.stop()

    async def greet(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say what it can do."""
        session.host_name = hostname
        self.connections += 1
        return responses

    async def take_recipient(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept an address, or not."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def take_mail(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept a mail, or not."""
        await asyncio.sleep(self.hangs)
        self.messages.append(email.message_from_bytes(envelope.original_content or b"", policy=policy))
        if len(self.messages) == self.breaks_off_after:
            cast("asyncio.Transport", server.transport).abort()
        return "250 OK"
