"""``send_on_commit`` waits for the right commit, and refuses what no other process could get."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.dispatch import Signal
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from core.dispatch import send_on_commit

announced = Signal()


class Listener:
    """A receiver that remembers what it got."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []

    def __call__(self, **kwargs: Any) -> None:
        self.got.append(kwargs)


@pytest.fixture(autouse=True)
def _in_process(settings: Settings) -> None:
    settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    announced.connect(listener)
    yield listener
    announced.disconnect(listener)


@pytest.mark.django_db(transaction=True)
class TestWhen:
    def test_waits_for_the_commit_of_the_outermost_transaction(self, listener: Listener) -> None:
        with transaction.atomic():
            with transaction.atomic():
                send_on_commit(announced, sender=None, what="news")
            assert listener.got == []
        assert listener.got == [{"signal": announced, "sender": None, "what": "news", "using": "default"}]

    def test_is_immediate_outside_a_transaction(self, listener: Listener) -> None:
        send_on_commit(announced, sender=None)
        assert len(listener.got) == 1

    def test_never_comes_after_the_rollback_of_a_savepoint(self, listener: Listener) -> None:
        with transaction.atomic():
            with pytest.raises(RuntimeError), transaction.atomic():
                send_on_commit(announced, sender=None)
                raise RuntimeError
            send_on_commit(announced, sender="the second")
        assert [got["sender"] for got in listener.got] == ["the second"]


@pytest.mark.django_db(transaction=True)
def test_a_signal_that_cannot_be_sent_keeps_nobody_else_waiting(
    listener: Listener, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"

    class Unsendable(Signal):
        def send_robust(self, sender: Any, **named: Any) -> Any:
            raise RuntimeError("out of order")

    with transaction.atomic():
        send_on_commit(Unsendable(), sender=None)
        send_on_commit(announced, sender=None)
    assert len(listener.got) == 1
    assert "out of order" in caplog.text


class TestRefused:
    """What no other process could be told is refused, so that receivers may move to one."""

    @pytest.fixture(autouse=True)
    def _heard(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr("core.signals.announced", announced, raising=False)
        announced.connect(print, dispatch_uid="builtins.print")
        yield
        announced.disconnect(dispatch_uid="builtins.print")

    @pytest.mark.parametrize(
        "value",
        [{1}, (1,), RequestFactory().get("/"), User.objects.all()],
        ids=["set", "tuple", "request", "queryset"],
    )
    @pytest.mark.django_db
    def test_argument(self, value: object) -> None:
        with pytest.raises(TypeError, match=r'^The argument "what" of core\.signals\.announced cannot be stored'):
            send_on_commit(announced, sender=None, what=value)

    @pytest.mark.django_db
    def test_sender(self) -> None:
        with pytest.raises(TypeError, match=r"^The sender <object object at .+> cannot be stored\."):
            send_on_commit(announced, sender=object())

    @pytest.mark.django_db
    def test_signal_that_no_app_declares(self) -> None:
        undeclared = Signal()
        undeclared.connect(print, dispatch_uid="builtins.print")
        with pytest.raises(ValueError, match=r"^The signal cannot be stored, as it has no name\."):
            send_on_commit(undeclared, sender=None)

    @pytest.mark.django_db
    def test_nothing_where_only_a_test_listens(self, listener: Listener) -> None:
        announced.disconnect(dispatch_uid="builtins.print")
        with transaction.atomic():
            send_on_commit(announced, sender=None, what={1})


@pytest.mark.django_db(transaction=True)
def test_async_code_sends_by_way_of_a_thread(listener: Listener) -> None:
    async def send() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            send_on_commit(announced, sender=None)
        await sync_to_async(send_on_commit)(announced, sender=None, what="news")

    async_to_sync(send)()
    assert [got["what"] for got in listener.got] == ["news"]


class TestUsing:
    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_follows_the_instance(self, listener: Listener, other_database: str) -> None:
        user = User.objects.using(other_database).create(email="ada@example.com")
        with transaction.atomic(using="default"), transaction.atomic(using=other_database):
            send_on_commit(announced, sender=User, instance=user)
        assert [got["using"] for got in listener.got] == [other_database]

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_follows_the_router_where_the_instance_was_read_from_a_replica(
        self, listener: Listener, other_database: str, settings: Settings
    ) -> None:
        user = User.objects.using(other_database).create(email="ada@example.com")
        settings.DATABASE_ROUTERS = [SimpleNamespace(db_for_write=lambda model, **hints: "default")]
        with pytest.raises(RuntimeError), transaction.atomic(using="default"):
            send_on_commit(announced, sender=User, instance=user)
            raise RuntimeError
        assert listener.got == []

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_may_be_named(self, listener: Listener, other_database: str) -> None:
        with transaction.atomic(using=other_database):
            send_on_commit(announced, sender=None, using=other_database)
            assert listener.got == []
        assert [got["using"] for got in listener.got] == [other_database]

    @pytest.mark.django_db(transaction=True)
    def test_is_the_default_for_an_instance_that_was_never_saved(self, listener: Listener) -> None:
        send_on_commit(announced, sender=User, instance=User())
        assert [got["using"] for got in listener.got] == ["default"]
