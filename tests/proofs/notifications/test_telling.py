"""A notification takes any text, and keeps it on one line."""

import pytest

from accounts.models import User
from notifications.kinds import Kind
from notifications.telling import line, notify
from proofs.notifications import HOSTILE, told

NEWS = Kind("news", "There is news")


@pytest.mark.django_db
class TestNotify:
    def test_takes_any_text(self, user: User) -> None:
        notify(User.objects.order_by("pk"), NEWS, key="x", text=f"\0\ud800{HOSTILE}" + "y" * 10_000)
        (text,) = told(user)
        assert text.startswith("?Ev il <b>é</b> ")
        assert len(text) == 300


def test_a_line_is_one() -> None:
    assert line("a\r\nb\u2028c\0 \td", 10) == "a b c d"
    assert line("abcdef", 3) == "ab…"
