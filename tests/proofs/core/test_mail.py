"""A mail server that does not answer holds no request, and mail carries no hostile link or header."""

import socket
from collections.abc import Iterator
from threading import BoundedSemaphore

import pytest
from django.core.mail import EmailMultiAlternatives
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core import background, mail
from core.background import BackgroundMiddleware
from proofs.smtp import MailServer, direct_mail_to
from proofs.threads import eventually

PASSWORD = "correct horse 9"
LEFT_FAILED = "What was left to the background failed."


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """A mail server that takes connections and never says a word, until it breaks them off when it is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def compose(identity: str = "") -> EmailMultiAlternatives:
    """A mail that everybody's site has."""
    context = {"greeting": "Hello Ada", "uid": "MQ", "token": "token"}
    return mail.compose("accounts/password_reset_email", "ada@example.com", context, identity=identity)


class TestCompose:
    def test_a_site_whose_name_has_lines_cannot_add_headers(self, settings: Settings) -> None:
        settings.SITE_NAME = "Site\r\nBcc: eve@example.com"
        message = compose()
        assert "\n" not in message.subject
        assert "Bcc" not in message.message()

    @pytest.mark.parametrize("url", ["https://www.example.com:8443", "https://www.example.com/site"])
    def test_what_is_the_same_mail_has_the_same_id(self, settings: Settings, url: str) -> None:
        settings.SITE_URL = url
        identities = ["welcome 1", "welcome 1", "welcome 2"]
        first, again, other = (compose(identity=identity).message()["Message-ID"] for identity in identities)
        assert first == again != other
        assert first.endswith("@www.example.com>")

    def test_others_have_one_of_their_own(self) -> None:
        assert compose().message()["Message-ID"] != compose().message()["Message-ID"]


class TestGreeting:
    @pytest.mark.parametrize("name", ["win at evil.example", "http://x", "//x", "a@b", "www.evil.com", "javascript:x"])
    def test_leaves_out_what_could_be_a_link(self, name: str) -> None:
        assert mail.greeting(name) == "Hello"

    def test_is_one_short_line(self) -> None:
        assert mail.greeting("Ada\r\n\r\nLovelace" + "e" * 100) == "Hello Ada Lovelace" + "e" * 47 + "…"

    @pytest.mark.parametrize("name", ["Ada", "J.R.R. Tolkien", "Dr. Seuss", "Jean-Luc O'Neil", "Åsa", "User 12"])
    def test_greets_a_name(self, name: str) -> None:
        assert mail.greeting(name) == f"Hello {name}"


def ask_for_a_new_password(client: Client) -> str:
    """The page that comes of it."""
    User.objects.create_user("ada@example.com", PASSWORD)
    return client.post(reverse("password_reset"), {"email": "ada@example.com"}, follow=True).text


class TestAServerThatDoesNotAnswer:
    def test_is_waited_for_without_the_request(
        self, settings: Settings, silent_server: socket.socket, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.MAIL_HOLDS_REQUEST = 0.1
        direct_mail_to(silent_server.getsockname()[1], settings, timeout=60)

        def view(request: object) -> HttpResponse:
            mail.send(compose())
            return HttpResponse()

        BackgroundMiddleware(view)(RequestFactory().get("/"))
        assert LEFT_FAILED not in caplog.text
        silent_server.close()
        assert eventually(lambda: LEFT_FAILED in caplog.text)

    def test_is_an_error_where_there_is_no_request(self, settings: Settings, silent_server: socket.socket) -> None:
        direct_mail_to(silent_server.getsockname()[1], settings, timeout=1)
        with pytest.raises(OSError, match="timed out"):
            mail.send(compose())


@pytest.mark.django_db
def test_a_server_gets_it_in_both_forms(client: Client, smtp: MailServer) -> None:
    ask_for_a_new_password(client)
    assert eventually(lambda: smtp.recipients == ["ada@example.com"])
    (message,) = smtp.messages
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.django_db
class TestWhetherThereIsAnAccount:
    def test_is_not_told_by_a_mail_that_takes_long(
        self, client: Client, settings: Settings, silent_server: socket.socket, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.MAIL_HOLDS_REQUEST = 60
        direct_mail_to(silent_server.getsockname()[1], settings, timeout=20)
        assert "Check your email" in ask_for_a_new_password(client)
        assert LEFT_FAILED not in caplog.text
        silent_server.close()
        assert eventually(lambda: LEFT_FAILED in caplog.text)

    def test_is_not_told_by_one_that_is_refused(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(background, "_places", BoundedSemaphore(1))
        with background._places:
            assert "Check your email" in ask_for_a_new_password(client)
        assert "A mail with a link for a new password was not sent." in caplog.text
