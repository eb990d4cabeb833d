"""A relay calls each receiver once, on its own, and again only if it failed; nothing is delivered twice at once."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, OperationalError, connection, connections, transaction
from django.db.models.functions import Now
from django.dispatch import Signal
from pytest_django import Settings

from core.dispatch import OrderedSignal, outside_transaction, send_on_commit
from outbox import relay as relay_module
from outbox.models import Event
from outbox.relay import Relay, delay, deliverable
from pages.models import Tag
from proofs.outbox import Listener, events, fail, make_due, statements, the_event
from proofs.threads import run_at_once

Connect = Callable[..., Listener]

LOOK, CLAIM, NOTE = ["SELECT"], ["BEGIN", "SELECT", "UPDATE outbox_event", "COMMIT"], "UPDATE outbox_event"


def tag(name: object, using: str = "default") -> Tag:
    """Something that a receiver does in the database."""
    return Tag.objects.using(using).create(name=str(name), slug=str(name))


def database_now() -> Any:
    """What the database takes for now."""
    return Event.objects.annotate(now=Now()).values_list("now", flat=True)[0]


def rows_read(plan: Any) -> Iterator[int]:
    """How many rows each step of a plan of PostgreSQL has read."""
    if isinstance(plan, list):
        for part in plan:
            yield from rows_read(part)
    elif isinstance(plan, dict):
        if "Node Type" in plan:
            yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
        for part in plan.values():
            yield from rows_read(part)


def deliver() -> Relay:
    """What a relay does until nothing is due."""
    relay = Relay()
    relay.deliver_due()
    return relay


@pytest.mark.django_db(transaction=True)
class TestDelivering:
    def test_costs(self, announced: Signal, connect: Connect) -> None:
        _first = connect(announced, "tests.first")
        relay = Relay()
        assert statements(relay.deliver_due) == LOOK
        send_on_commit(announced, None)
        one = ["BEGIN", NOTE, "COMMIT"]
        assert statements(relay.deliver_due) == [*LOOK, *CLAIM, *one, *LOOK]
        _second = connect(announced, "tests.second")
        send_on_commit(announced, None)
        send_on_commit(announced, None)
        assert statements(relay.deliver_due) == [*LOOK, *CLAIM, *one * 4, *LOOK]

    def test_outside_of_a_transaction_costs(self, announced: Signal) -> None:
        @outside_transaction
        def receive(**kwargs: Any) -> None:
            states.append(connection.in_atomic_block)

        states: list[bool] = []
        announced.connect(receive, dispatch_uid="tests.receive")
        send_on_commit(announced, None)
        assert statements(Relay().deliver_due) == [*LOOK, *CLAIM, NOTE, NOTE, *LOOK]
        assert states == [False]
        assert the_event().state == "delivered"

    def test_asynchronous_receivers_are_in_the_transaction_too(self, announced: Signal) -> None:
        async def receive(number: int, **kwargs: Any) -> None:
            await asyncio.sleep(0)
            await Tag.objects.acreate(name=str(number), slug=str(number))
            if number == 2:
                raise RuntimeError

        announced.connect(receive, dispatch_uid="tests.receive")
        send_on_commit(announced, None, number=1)
        send_on_commit(announced, None, number=2)
        deliver()
        assert [event.state for event in events()] == ["delivered", "to be tried again"]
        assert [tag.name for tag in Tag.objects.all()] == ["1"]

    def test_what_a_receiver_sends_is_delivered_too_unless_it_fails(self, announced: Signal, connect: Connect) -> None:
        def send_another(number: int, **kwargs: Any) -> None:
            if number < 3:
                send_on_commit(announced, None, number=number + 1)
            else:
                send_on_commit(announced, None, number=99)
                raise RuntimeError

        listener = connect(announced, act=send_another)
        send_on_commit(announced, None, number=1)
        deliver()
        assert listener.numbers == [1, 2, 3]
        assert len(events()) == 3

    def test_what_is_delivered_keeps_no_arguments(self, announced: Signal, connect: Connect) -> None:
        failing, _ = connect(announced, "tests.failing", fail), connect(announced, "tests.fine")
        send_on_commit(announced, None, name="Ada")
        deliver()
        assert json.loads(the_event().arguments) == {"name": "Ada"}
        failing.act = None
        make_due()
        deliver()
        assert (the_event().arguments, failing.got) == ("{}", [{"name": "Ada"}] * 2)

    def test_receivers_have_their_arguments_to_themselves(self, announced: Signal, connect: Connect) -> None:
        def spoil(numbers: list[int], tag: Tag, **kwargs: Any) -> None:
            numbers.clear()
            tag.name = "spoilt"

        _spoiling, listener = connect(announced, "tests.spoil", spoil), connect(announced)
        send_on_commit(announced, None, numbers=[1], tag=tag("x"))
        deliver()
        assert listener.got[0]["numbers"] == [1]
        assert listener.got[0]["tag"].name == "x"

    def test_as_many_as_asked_for(self, announced: Signal, listener: Listener) -> None:
        for number in range(5):
            send_on_commit(announced, None, number=number)
        assert Relay().deliver_due(limit=2) == 2
        assert Relay().deliver_due(seconds=0) == 0
        assert Relay().deliver_due(limit=0) == 0
        assert listener.numbers == [0, 1]
        assert {event.claim for event in events()} == {None}

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_each_database_has_its_own(self, announced: Signal, connect: Connect, other_database: str) -> None:
        aliases: list[str] = []
        _listener = connect(announced, act=lambda using, **kwargs: aliases.append(using))
        send_on_commit(announced, None, using=other_database)
        assert Relay().deliver_due() == 0
        assert Relay(other_database).deliver_due() == 1
        assert aliases == [other_database]


@pytest.mark.django_db(transaction=True)
class TestFailing:
    @pytest.mark.parametrize("tries", [1, 2, 3, 10**9])
    def test_delays_are_never_the_same_and_never_too_long(self, settings: Settings, tries: int) -> None:
        settings.OUTBOX = settings.OUTBOX | {"FIRST_DELAY": 0.5, "LONGEST_DELAY": 1}
        longest = 0.5 if tries == 1 else 1
        delays = {delay(tries) for _ in range(100)}
        assert len(delays) > 90
        assert timedelta(seconds=longest / 2) <= min(delays) < max(delays) <= timedelta(seconds=longest)

    def test_hostile_and_endless_errors_are_kept(
        self, announced: Signal, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.CRITICAL, "outbox.relay")  # what is captured has to be text

        def fail_badly(**kwargs: Any) -> None:
            secret = "x" * 50_000
            raise RuntimeError("\0 \ud800 <b>" + secret + "the end")

        _listener = connect(announced, act=fail_badly)
        send_on_commit(announced, None)
        deliver()
        (text,) = the_event().errors.values()
        assert len(text) <= relay_module.LONGEST_ERROR
        assert text.endswith("the end\n")

    def test_the_values_of_variables_are_not_kept(self, announced: Signal, connect: Connect) -> None:
        def fail_knowing(**kwargs: Any) -> None:
            password = "".join(["sec", "ret"])
            raise RuntimeError(len(password))

        _listener = connect(announced, act=fail_knowing)
        send_on_commit(announced, None)
        deliver()
        assert "secret" not in str(the_event().errors)

    def test_a_statement_that_failed_unnoticed_counts_as_failure(self, announced: Signal, connect: Connect) -> None:
        def swallow(**kwargs: Any) -> None:
            tag("x")
            with suppress(DatabaseError):
                tag("x")

        _listener = connect(announced, act=swallow)
        send_on_commit(announced, None)
        deliver()
        assert the_event().state == "to be tried again"
        assert "went on after a statement had failed" in the_event().failures[0][1]
        assert not Tag.objects.exists()

    @pytest.mark.parametrize(
        "statement",
        [
            "ROLLBACK",
            pytest.param(
                "SELECT 1 / 0",
                marks=pytest.mark.skipif(connection.vendor != "postgresql", reason="Elsewhere it is no error."),
            ),
        ],
    )
    def test_nothing_is_taken_for_done_whose_transaction_has_ended(
        self, announced: Signal, connect: Connect, statement: str
    ) -> None:
        def swallow(**kwargs: Any) -> None:
            tag("x")
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute(statement)

        swallowing = connect(announced, "tests.swallow", swallow)
        fine = connect(announced, "tests.fine")
        send_on_commit(announced, None)
        assert deliver().failed == 1
        assert the_event().receivers == ["tests.swallow"]
        swallowing.act = lambda **kwargs: tag("x")
        make_due()
        deliver()
        assert the_event().state == "delivered"
        assert Tag.objects.count() == len(fine.got) == 1

    def test_one_that_was_noticed_does_not(self, announced: Signal, connect: Connect) -> None:
        def try_it(**kwargs: Any) -> None:
            tag("x")
            with suppress(DatabaseError), transaction.atomic():
                tag("x")

        _listener = connect(announced, act=try_it)
        send_on_commit(announced, None)
        deliver()
        assert the_event().state == "delivered"
        assert Tag.objects.count() == 1

    def test_what_fails_after_the_commit_undoes_nothing(
        self, announced: Signal, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        def leave_for_later(**kwargs: Any) -> None:
            tag("x")
            transaction.on_commit(fail)

        _listener = connect(announced, act=leave_for_later)
        send_on_commit(announced, None)
        assert deliver().delivered == 1
        assert the_event().state == "delivered"
        assert Tag.objects.count() == 1
        assert "what came after its commit failed" in caplog.text

    def test_a_commit_whose_answer_got_lost_counts(self, announced: Signal, connect: Connect) -> None:
        def commit_and_break() -> None:
            del vars(connections["default"])["_commit"]
            connection.commit()
            raise OperationalError("The connection is gone.")

        def act(**kwargs: Any) -> None:
            tag("x")
            vars(connections["default"])["_commit"] = commit_and_break

        first = connect(announced, "tests.first", act)
        second = connect(announced, "tests.second")
        send_on_commit(announced, None)
        assert deliver().delivered == 1
        assert len(first.got) == len(second.got) == Tag.objects.count() == 1

    @pytest.mark.parametrize("outside", [True, False])
    @pytest.mark.parametrize("how", ["close", "autocommit", "break"])
    def test_a_connection_left_in_a_bad_state_harms_nobody(
        self, announced: Signal, connect: Connect, how: str, outside: bool
    ) -> None:
        def spoil(**kwargs: Any) -> None:
            if how == "close":
                connection.close()
            elif how == "autocommit":
                connection.set_autocommit(False)
            else:
                with connection.cursor() as cursor:
                    cursor.execute("nonsense")

        spoiling = connect(announced, "tests.spoil", spoil)
        if outside:
            outside_transaction(spoiling)
        _fine = connect(announced, "tests.fine", lambda **kwargs: tag("x"))
        send_on_commit(announced, None)
        deliver()
        assert Tag.objects.count() == 1
        assert the_event().receivers == ([] if (how, outside) == ("close", True) else ["tests.spoil"])

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
    def test_whatever_ends_the_process_loses_nothing(
        self, announced: Signal, connect: Connect, kind: type[BaseException]
    ) -> None:
        def end(number: int, **kwargs: Any) -> None:
            tag(number)
            if number == 1:
                raise kind

        _listener = connect(announced, act=end)
        for number in range(3):
            send_on_commit(announced, None, number=number)
        with pytest.raises(kind):
            deliver()
        assert [event.state for event in events()] == ["delivered", "to be tried again", "waiting"]
        assert [tag.name for tag in Tag.objects.all()] == ["0"]
        deliver()
        assert [event.state for event in events()] == ["delivered", "to be tried again", "delivered"]

    def test_the_others_run_and_only_the_failed_one_is_called_again(
        self, announced: Signal, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        failing = connect(announced, "tests.failing", fail)
        fine = connect(announced, "tests.fine")
        send_on_commit(announced, None, number=1)
        relay = deliver()
        event = the_event()
        assert (event.receivers, event.tries, event.state) == (["tests.failing"], 1, "to be tried again")
        assert event.errors.keys() == {"tests.failing"}
        assert event.failures == [("tests.failing", "RuntimeError: out of order")]
        assert "Traceback" in event.errors["tests.failing"]
        assert "in fail" in caplog.text  # the traceback
        assert (relay.delivered, relay.failed, relay.parked) == (0, 1, 0)
        deliver()
        assert len(failing.got) == 1  # it is not due
        failing.act = None
        make_due()
        deliver()
        assert (len(failing.got), len(fine.got)) == (2, 1)
        assert the_event().state == "delivered"

    def test_no_address_is_kept_of_errors(self, announced: Signal, connect: Connect) -> None:
        def refused(**kwargs: object) -> None:
            raise SMTPRecipientsRefused({"ada.l+x@mail.example.com": (550, b"<ada.l+x@mail.example.com>: who?")})

        connect(announced, act=refused)
        send_on_commit(announced, None)
        deliver()
        ((_, text),) = the_event().failures
        assert text == "smtplib.SMTPRecipientsRefused: {'[address]': (550, b'<[address]>: who?')}"

    def test_the_last_error_of_each_is_kept(self, announced: Signal, connect: Connect) -> None:
        first, second = connect(announced, "tests.first", fail), connect(announced, "tests.second", fail)
        send_on_commit(announced, None)
        deliver()
        first.act, second.act = None, lambda **kwargs: 1 / 0
        make_due()
        deliver()
        assert the_event().failures == [
            ("tests.first", "RuntimeError: out of order"),
            ("tests.second", "ZeroDivisionError: division by zero"),
        ]

    def test_what_it_did_in_the_database_is_undone(self, announced: Signal, connect: Connect) -> None:
        def write_and_fail(**kwargs: Any) -> None:
            tag("x")
            raise RuntimeError

        _failing = connect(announced, "tests.failing", write_and_fail)
        _fine = connect(announced, "tests.fine", lambda **kwargs: tag("y"))
        send_on_commit(announced, None)
        deliver()
        assert [tag.name for tag in Tag.objects.all()] == ["y"]

    def test_delays_grow_and_it_is_parked_in_the_end(
        self, announced: Signal, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        failing = connect(announced, act=fail)
        send_on_commit(announced, None)
        for low, high in ((5, 10), (7.5, 15)):
            deliver()
            event = the_event()
            assert event.state == "to be tried again"
            assert low - 1 <= (event.due_at - database_now()).total_seconds() <= high
            make_due()
        caplog.clear()
        relay = deliver()
        event = the_event()
        assert (event.state, event.tries, event.claim) == ("parked", 3, None)
        assert (relay.failed, relay.parked) == (0, 1)
        assert "is parked, tries: 3" in caplog.text
        make_due()
        deliver()
        assert len(failing.got) == 3


@pytest.mark.django_db
class TestHopeless:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"signal": "core.signals.gone"}, "There is no signal core.signals.gone."),
            ({"sender": "gone.Model"}, "There is no sender gone.Model."),
            ({"receivers": ["tests.gone"]}, "No receiver tests.gone is connected to core.signals.ordered."),
            ({"arguments": "{"}, "The arguments cannot be read"),
            ({"arguments": '{"a":{"$":["instance","gone.Model",1,"default"]}}'}, "There is no model gone.Model."),
            ({"arguments": '{"a":{"$":["instance","pages.Tag",1,"default"]}}'}, "There is no pages.Tag 1."),
        ],
        ids=["signal", "sender", "receiver", "text", "model", "instance"],
    )
    def test_is_parked_at_once_and_blocks_nothing(
        self, ordered: OrderedSignal, connect: Connect, changes: dict[str, Any], error: str
    ) -> None:
        listener = connect(ordered)
        send_on_commit(ordered, None, key=1, number=1)
        Event.objects.update(**changes)
        send_on_commit(ordered, None, key=1, number=2)
        deliver()
        hopeless, fine = events()
        assert (hopeless.state, hopeless.tries, fine.state) == ("parked", 1, "delivered")
        assert hopeless.failures[0][1].startswith(error)
        assert "\n" not in hopeless.errors.popitem()[1]
        assert listener.numbers == [2]

    def test_the_other_receivers_are_called(self, announced: Signal, connect: Connect) -> None:
        listener = connect(announced)
        send_on_commit(announced, None, number=1)
        Event.objects.update(receivers=["tests.gone", "tests.receive"])
        deliver()
        event = the_event()
        assert (event.state, event.receivers, len(listener.got)) == ("parked", ["tests.gone"], 1)

    def test_it_waits_for_those_that_are_not(self, announced: Signal, connect: Connect) -> None:
        listener = connect(announced, act=fail)
        send_on_commit(announced, None, number=1)
        Event.objects.update(receivers=["tests.gone", "tests.receive"])
        deliver()
        assert the_event().state == "to be tried again"
        listener.act = None
        make_due()
        deliver()
        event = the_event()
        assert (event.state, event.receivers) == ("parked", ["tests.gone"])

    def test_what_a_receiver_does_not_find_is_no_such_thing(self, announced: Signal, connect: Connect) -> None:
        _listener = connect(announced, act=lambda **kwargs: get_user_model().objects.get(pk=0))
        send_on_commit(announced, None)
        deliver()
        assert the_event().state == "to be tried again"


@pytest.mark.django_db
def test_a_failed_statement_does_not_spoil_the_transaction_of_a_test(announced: Signal) -> None:
    @outside_transaction
    def receive(**kwargs: Any) -> None:
        tag("x")
        tag("x")

    announced.connect(receive, dispatch_uid="tests.receive")
    send_on_commit(announced, None)
    deliver()
    assert the_event().state == "to be tried again"
    assert not Tag.objects.exists()


@pytest.mark.django_db
class TestOrder:
    def send(self, signal: Signal, *sent: tuple[str, int]) -> None:
        for key, number in sent:
            send_on_commit(signal, None, key=key, number=number)

    def test_is_kept_and_costs_no_claim_for_each(self, ordered: OrderedSignal, connect: Connect) -> None:
        listener = connect(ordered)
        self.send(ordered, *(("a", number) for number in range(10)))
        claims = statements(Relay().deliver_due).count("SELECT")
        assert listener.numbers == list(range(10))
        assert claims == 3

    def test_is_kept_if_the_first_comes_due_last(self, ordered: OrderedSignal, connect: Connect) -> None:
        listener = connect(ordered)
        self.send(ordered, *(("a", number) for number in range(30)))
        first = events()[0]
        Event.objects.filter(pk=first.pk).update(due_at=events()[-1].due_at + timedelta(milliseconds=1))
        time.sleep(0.01)
        deliver()
        assert listener.numbers == list(range(30))

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    def test_costs_no_look_at_all_that_waits_for_each(self, ordered: OrderedSignal, connect: Connect) -> None:
        _listener = connect(ordered)
        self.send(ordered, ("a", 1))
        first, rows = events()[0], 2000
        like = {"signal": first.signal, "receivers": first.receivers, "order_key": first.order_key}
        times = [first.due_at - timedelta(seconds=seconds) for seconds in range(rows, 0, -1)]
        first.delete()
        Event.objects.bulk_create(Event(due_at=due_at, **like) for due_at in times)
        plan = json.loads(deliverable("default").explain(analyze=True, format="json"))
        assert sum(rows_read(plan)) < 5 * rows

    def test_what_is_parked_is_passed(self, ordered: OrderedSignal, connect: Connect, settings: Settings) -> None:
        settings.OUTBOX = settings.OUTBOX | {"TRIES": 1}
        listener = connect(ordered, act=lambda number, **kwargs: fail() if number == 1 else None)
        self.send(ordered, ("a", 1), ("a", 2))
        deliver()
        assert listener.numbers == [1, 2]

    def test_what_another_relay_has_is_waited_for(self, ordered: OrderedSignal, connect: Connect) -> None:
        listener = connect(ordered)
        self.send(ordered, ("a", 1), ("a", 2), ("b", 3))
        first = Relay()
        assert first._claim(1)
        deliver()
        assert listener.numbers == [3]
        first._deliver_batch(None)
        deliver()
        assert listener.numbers == [3, 1, 2]


@pytest.mark.django_db(transaction=True)
class TestLeases:
    def test_a_relay_that_slept_past_its_lease_does_nothing(
        self, announced: Signal, connect: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        @outside_transaction
        def receive(number: int, **kwargs: Any) -> None:
            calls.append(number)

        calls: list[int] = []
        listener = connect(announced)
        announced.connect(receive, dispatch_uid="tests.outside")
        send_on_commit(announced, None, number=1)
        asleep = Relay()
        asleep._claim(1)
        make_due()
        deliver()
        asleep._deliver_batch(None)
        assert (listener.numbers, calls) == ([1], [1])
        assert "was taken over by another relay" in caplog.text
        assert asleep.delivered == 0

    def test_what_it_notes_too_late_is_not_noted(self, announced: Signal) -> None:
        """Its receiver outlives the lease, and another relay delivers meanwhile."""

        @outside_transaction
        def receive(**kwargs: Any) -> None:
            calls.append(len(calls))
            if len(calls) == 1:
                make_due()
                assert deliver().delivered == 1

        calls: list[int] = []
        announced.connect(receive, dispatch_uid="tests.receive")
        send_on_commit(announced, None)
        assert deliver().delivered == 0
        assert calls == [0, 1]
        assert (the_event().state, the_event().tries) == ("delivered", 1)

    def test_what_fails_too_late_is_not_noted(self, announced: Signal) -> None:
        @outside_transaction
        def receive(**kwargs: Any) -> None:
            calls.append(len(calls))
            if len(calls) == 1:
                make_due()
                deliver()
                raise RuntimeError

        calls: list[int] = []
        announced.connect(receive, dispatch_uid="tests.receive")
        send_on_commit(announced, None)
        assert deliver().failed == 0
        assert (the_event().state, the_event().tries) == ("delivered", 1)

    def test_a_long_receiver_keeps_its_lease_and_the_rest_goes_to_others(
        self, announced: Signal, connect: Connect, settings: Settings
    ) -> None:
        settings.OUTBOX = settings.OUTBOX | {"LEASE": 0.6}

        @outside_transaction
        def work_long(number: int, **kwargs: Any) -> None:
            calls.append(number)
            if number == 0:
                time.sleep(1.5)
                states.extend((event.state, event.due_at > database_now()) for event in events())
                assert Relay().deliver_due() == 2

        calls: list[int] = []
        states: list[tuple[str, bool]] = []
        announced.connect(work_long, dispatch_uid="tests.receive")
        for number in range(3):
            send_on_commit(announced, None, number=number)
        relay = deliver()
        assert states == [("being delivered", True), ("waiting", False), ("waiting", False)]
        assert calls == [0, 1, 2]
        assert relay.delivered == 1
        assert relay._batch_size == 1  # it has learnt


def die(most: int = 100) -> None:
    """A relay takes events on and dies, and its lease ends."""
    Relay()._claim(most)
    make_due()


@pytest.mark.django_db
class TestADeadRelay:
    def test_leaves_to_others_what_it_was_done_with(self, announced: Signal, connect: Connect) -> None:
        def end(number: int, **kwargs: Any) -> None:
            if number == 1:
                relay._give_back_all = lambda: None  # type: ignore[method-assign]
                relay._note_failures = lambda *args: False  # type: ignore[method-assign]
                raise SystemExit

        listener, relay = connect(announced, act=end), Relay()
        for number in range(4):
            send_on_commit(announced, None, number=number)
        with pytest.raises(SystemExit):
            relay.deliver_due()
        make_due()
        listener.act = None
        deliver()
        assert listener.numbers == [0, 1, 1, 2, 3]
        assert [event.tries for event in events()] == [0, 1, 0, 0]

    def test_keeps_no_other_receiver_from_being_called(self, announced: Signal, connect: Connect) -> None:
        order: list[str] = []
        _killing = connect(announced, "tests.killing", lambda **kwargs: order.append("killing"))
        _fine = connect(announced, "tests.fine", lambda **kwargs: order.append("fine"))
        send_on_commit(announced, None)
        die()
        deliver()
        assert order == ["fine", "killing"]

    def test_holds_up_its_own_order_only(self, ordered: OrderedSignal, connect: Connect) -> None:
        listener = connect(ordered)
        for key, number in (("a", 1), ("a", 2), ("b", 3), ("a", 4)):
            send_on_commit(ordered, None, key=key, number=number)
        die()
        Relay()._claim(1, fresh_first=False)  # somebody has 1 now
        deliver()
        assert listener.numbers == [3]
        make_due()
        deliver()
        assert listener.numbers == [3, 1, 2, 4]
        assert [event.tries for event in events()] == [2, 0, 0, 0]

    def test_costs_a_look_more_while_there_is_more(self, announced: Signal, listener: Listener) -> None:
        for number in range(2):
            send_on_commit(announced, None, number=number)
        relay = Relay()
        relay._batch_size = 1
        claims = [part for part in statements(relay.deliver_due) if part == "SELECT"]
        assert len(claims) == 2 + 3 + 1  # the first claim, the second, and that there is no third

    def test_has_one_try_counted_of_what_it_was_at(self, announced: Signal, listener: Listener) -> None:
        for number in range(3):
            send_on_commit(announced, None, number=number)
        die()
        send_on_commit(announced, None, number=3)
        deliver()
        assert listener.numbers == [3, 0, 1, 2]  # what may have killed it after what it did not have
        assert [(event.state, event.tries) for event in events()] == [("delivered", 1), *[("delivered", 0)] * 3]

    def test_what_kills_each_is_parked_in_the_end(
        self, announced: Signal, listener: Listener, caplog: pytest.LogCaptureFixture
    ) -> None:
        send_on_commit(announced, None, number=0)
        for tries in range(3):
            assert the_event().tries == max(0, tries - 1)
            die()
        relay = deliver()
        event = the_event()
        assert (event.state, event.tries, event.claim) == ("parked", 3, None)
        assert event.failures == [("tests.receive", relay_module.DIED)]
        assert (relay.parked, listener.numbers) == (1, [])
        assert "is parked, tries: 3" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
class TestAServerThatRestarts:
    def test_is_survived(self, announced: Signal, connect: Connect) -> None:
        """The server ends the relay's connection, in the middle of a receiver's transaction."""

        def terminate(backend: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", backend)

        def cut(number: int, **kwargs: Any) -> None:
            if len(listener.got) == 1:
                tag("lost")
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    backend = cursor.fetchone()
                run_at_once(partial(terminate, backend))
                tag("too late")

        listener = connect(announced, act=cut)
        for number in range(3):
            send_on_commit(announced, None, number=number)
        deliver()
        assert [event.state for event in events()] == ["to be tried again", "delivered", "delivered"]
        assert not Tag.objects.exists()
        make_due()
        deliver()
        assert {event.state for event in events()} == {"delivered"}
