"""Connections that nobody has made, for what draws them."""

from random import Random
from typing import Any

from django.dispatch import Signal

from signal_inspector.connections import Connection

SIGNAL = Signal()


def receive(**kwargs: Any) -> None:
    """Somebody's receiver."""


def made(signal: str, sender: str, receiver: str, **more: Any) -> Connection:
    """A connection with these names, in the app that the receiver's name begins with."""
    app = receiver.partition(".")[0]
    usual: dict[str, Any] = {
        "signal": SIGNAL,
        "sender": None,
        "receiver": receive,
        "file": f"/site/{app}/signals.py",
        "line": 1,
        "app": app,
        "project": True,
        "dispatch_uid": receiver,
        "weak": True,
        "is_async": False,
        "order": 1,
        "connected_at": (f"/site/{app}/apps.py", 7),
        "sends": (),
    }
    return Connection(signal_name=signal, sender_name=sender, receiver_name=receiver, **(usual | more))


def many(receivers: int, seed: int = 0) -> list[Connection]:
    """So many receivers in some apps, each connected to a few signals of a few senders."""
    random = Random(seed)
    signals = [f"app{n % 7}.signals.signal_{n}" for n in range(max(receivers // 5, 2))]
    senders = ["", *(f"app{n}.Model{'X' * random.randint(0, 40)}" for n in range(receivers // 8))]
    found: list[Connection] = []
    for number in range(receivers):
        name = f"app{random.randint(0, receivers // 12)}.signals.do_{'it_' * random.randint(0, 20)}{number}"
        sends = tuple(random.sample(signals, random.choice([0, 0, 0, 1, 2])))
        for signal in random.sample(signals, random.choice([1, 1, 1, 2])):
            for sender in random.sample(senders, min(len(senders), random.choice([1, 1, 2, 4]))):
                found.append(made(signal, sender, name, sends=sends, line=number, order=len(found)))
    return found
