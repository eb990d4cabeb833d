"""Storing a signal costs one INSERT in the transaction that sends it, however many receivers it has."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from accounts.models import User
from core.dispatch import OrderedSignal, send_on_commit
from outbox.models import Event
from proofs.outbox import Listener, events, fail, statements, the_event
from proofs.threads import run_at_once
from testing.signals import captured, muted

INSERT = "INSERT outbox_event"


@pytest.mark.django_db(transaction=True)
class TestCost:
    def test_does_not_grow_with_the_receivers_and_the_arguments(
        self, ordered: OrderedSignal, connect: Callable[..., Listener]
    ) -> None:
        _receivers = [connect(ordered, f"tests.{number}") for number in range(5)]
        user = User.objects.create_user("ada@example.com")
        assert statements(lambda: send_on_commit(ordered, User, key=user, users=[user] * 9)) == [INSERT]
        assert the_event().receivers == [f"tests.{number}" for number in range(5)]

    def test_is_nothing_where_nobody_listens(self, announced: Signal, connect: Callable[..., Listener]) -> None:
        unnamed = connect(announced, uid=None)
        assert statements(lambda: send_on_commit(announced, None, anything=object())) == []
        assert len(unnamed.got) == 1


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_so_does_that_of_a_savepoint(self, announced: Signal, listener: Listener) -> None:
        with transaction.atomic():
            with pytest.raises(RuntimeError), transaction.atomic():
                send_on_commit(announced, None, number=1)
                raise RuntimeError
            send_on_commit(announced, None, number=2)
        assert json.loads(the_event().arguments) == {"number": 2}

    def test_a_refusal_leaves_the_transaction_usable(self, announced: Signal, listener: Listener) -> None:
        with transaction.atomic():
            with pytest.raises(TypeError, match=r'The argument "x" of core\.signals\.announced cannot be stored'):
                send_on_commit(announced, None, x=(1,))
            send_on_commit(announced, None, number=2)
        assert len(events()) == 1

    def test_nobody_sees_it_before_the_commit(self, announced: Signal, listener: Listener) -> None:
        with transaction.atomic():
            send_on_commit(announced, None, number=1)
            assert run_at_once(lambda: Event.objects.count()) == [0]

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_it_is_in_the_database_of_the_change(
        self, announced: Signal, listener: Listener, other_database: str
    ) -> None:
        user = User.objects.using(other_database).create(email="ada@example.com")
        try:
            with transaction.atomic(using=other_database):
                send_on_commit(announced, User, instance=user)
            assert (len(events()), len(events(other_database))) == (0, 1)
        finally:
            Event.objects.using(other_database).all().delete()
            user.delete()


@pytest.mark.django_db(transaction=True)
class TestReceivers:
    def test_only_those_of_the_sender(self, announced: Signal, listener: Listener) -> None:
        other = Listener()
        announced.connect(other, sender=User, dispatch_uid="tests.of_users")
        send_on_commit(announced, None)
        send_on_commit(announced, User)
        assert [event.receivers for event in events()] == [["tests.receive"], ["tests.receive", "tests.of_users"]]

    def test_one_of_them_that_fails_is_logged_and_the_others_run(
        self, announced: Signal, connect: Callable[..., Listener], caplog: pytest.LogCaptureFixture
    ) -> None:
        _failing, fine = connect(announced, None, fail), connect(announced, None)

        async def asynchronous(**kwargs: Any) -> None:
            fine.got.append(kwargs)

        announced.connect(asynchronous)
        with transaction.atomic():
            send_on_commit(announced, None)
        assert len(fine.got) == 2
        assert [(record.name, record.levelno) for record in caplog.records] == [("django.dispatch", logging.ERROR)]
        assert "out of order" in caplog.text

    def test_a_signal_without_a_name_is_refused_if_there_is_one_with(self) -> None:
        signal, listener = Signal(), Listener()
        send_on_commit(signal, None)
        signal.connect(listener, dispatch_uid="tests.receive")
        with pytest.raises(ValueError, match="it has no name"):
            send_on_commit(signal, None)

    def test_muted_ones_are_left_out(self, announced: Signal, listener: Listener) -> None:
        with muted(announced, receiver=listener):
            send_on_commit(announced, None)
        assert events() == []

    def test_those_without_a_name_are_called_after_the_commit(self, announced: Signal, listener: Listener) -> None:
        with captured(announced) as sent:
            with transaction.atomic():
                send_on_commit(announced, None, number=1)
                assert sent == []
            assert [send.kwargs for send in sent] == [{"number": 1, "using": "default"}]
        assert listener.got == []
        assert the_event().receivers == ["tests.receive"]

    def test_those_that_an_apm_wraps_are_still_stored(
        self, announced: Signal, listener: Listener, connect: Callable[..., Listener], wrapping: None
    ) -> None:
        unnamed = connect(announced, uid=None)
        send_on_commit(announced, None, number=1)
        assert the_event().receivers == ["tests.receive"]
        assert (listener.got, unnamed.numbers) == ([], [1])
        with muted(announced, receiver=listener):
            send_on_commit(announced, None, number=2)
        assert len(events()) == 1


@pytest.mark.django_db
class TestOrder:
    def test_is_kept_for_each_sender_and_value(self, ordered: OrderedSignal, connect: Callable[..., Listener]) -> None:
        _listener = connect(ordered)
        user = User.objects.create_user("ada@example.com")
        for sender, key in ((None, 1), (None, "1"), (User, 1), (User, user), (User, None), (None, "x" * 10_000)):
            send_on_commit(ordered, sender, key=key, other="x")
            send_on_commit(ordered, sender, key=key, other="y")
        keys = [event.order_key for event in events()]
        assert keys[::2] == keys[1::2]
        assert len(set(keys)) == 6
        assert "" not in keys

    def test_may_be_kept_for_each_sender(
        self, monkeypatch: pytest.MonkeyPatch, connect: Callable[..., Listener]
    ) -> None:
        signal = OrderedSignal()
        monkeypatch.setattr("core.signals.ordered", signal, raising=False)
        _listener = connect(signal)
        for sender in (None, None, User):
            send_on_commit(signal, sender, key=1)
        first, second, third = (event.order_key for event in events())
        assert first == second != third

    def test_is_that_of_several_signals(
        self, ordered: OrderedSignal, connect: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = OrderedSignal(per="key")
        monkeypatch.setattr("core.signals.other", other, raising=False)
        _listeners = [connect(ordered), connect(other)]
        send_on_commit(ordered, User, key=1)
        send_on_commit(other, User, key=1)
        first, second = (event.order_key for event in events())
        assert first == second

    def test_of_what_is_not_there_is_refused(self, ordered: OrderedSignal, connect: Callable[..., Listener]) -> None:
        _listener = connect(ordered)
        with pytest.raises(TypeError, match=re.escape('in order for each "key", and there is no such argument')):
            send_on_commit(ordered, None)
