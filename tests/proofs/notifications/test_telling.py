"""Telling people."""

import pytest

from accounts.models import User
from notifications.kinds import Kind
from notifications.models import Notification
from notifications.telling import line, notify
from proofs.notifications import HOSTILE, make_user, told

NEWS = Kind("news", "There is news")


@pytest.mark.django_db
class TestNotify:
    def test_tells_each_once(self, user: User) -> None:
        make_user("Grace")
        for _ in range(2):
            notify(User.objects.order_by("pk"), NEWS, key="x", text="News", url="/")
        assert list(Notification.objects.values_list("user__name", "kind", "text", "url")) == [
            ("Ada", "news", "News", "/"),
            ("Grace", "news", "News", "/"),
        ]

    def test_takes_any_text(self, user: User) -> None:
        notify(User.objects.order_by("pk"), NEWS, key="x", text=f"\0\ud800{HOSTILE}" + "y" * 10_000)
        (text,) = told(user)
        assert text.startswith("?Ev il <b>é</b> ")
        assert len(text) == 300

    def test_tells_nobody(self) -> None:
        notify(User.objects.none(), NEWS, key="x", text="News")
        assert not Notification.objects.exists()


def test_a_line_is_one() -> None:
    assert line("a\r\nb\u2028c\0 \td", 10) == "a b c d"
    assert line("abcdef", 3) == "ab…"
