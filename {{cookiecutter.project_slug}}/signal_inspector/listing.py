"""What ``manage.py signals`` lists: which connections are asked for, and as a table."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import groupby

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

from signal_inspector.connections import Connection, connections
from signal_inspector.names import all_signals, short_place, signal_name

HEADINGS = ("", "sender", "receiver", "place", "app", "dispatch_uid", "held", "runs")


class UnknownNameError(Exception):
    """A name that nothing has. Its text is for whoever has given it."""


def find_connections(
    *, signal: str | None = None, sender: str | None = None, app: str | None = None, project: bool = False
) -> list[Connection]:
    """The connections that are asked for. Names may be shorter, where they end the whole one: ``post_save``, ``Page``.

    Of a model, those count too that any model calls. Raises UnknownNameError.
    """
    found = connections()
    if signal is not None:
        signals = find_signals(signal)
        found = [each for each in found if each.signal in signals]
    if sender is not None:
        models = {model._meta.label: model for model in _models()}
        names = find_names("sender", sender, [*(each.sender_name for each in found), *models])
        asked_models = names & models.keys()
        found = [each for each in found if each.sender_name in names or (asked_models and _of_any_model(each))]
    if app is not None:
        labels = find_names("app", app, [config.label for config in apps.get_app_configs()])
        found = [each for each in found if each.app in labels]
    return [each for each in found if each.project or not project]


def find_signals(name: str) -> set[Signal]:
    """The signals of that name, connected or not. Raises UnknownNameError."""
    signals = {signal: signal_name(signal) for signal in all_signals()}
    names = find_names("signal", name, signals.values())
    return {signal for signal, each in signals.items() if each in names}


def find_names(kind: str, name: str, names: Iterable[str]) -> set[str]:
    """Those of the names that are meant. Raises UnknownNameError, with the nearest ones."""
    known = sorted(set(names) - {""})
    found = {each for each in known if f".{each}".lower().endswith(f".{name}".lower())}
    if not found:
        short = {each.rpartition(".")[2].lower(): each for each in known}
        near = [*get_close_matches(name, known, 3), *get_close_matches(name.rpartition(".")[2].lower(), short, 3)]
        nearest = list(dict.fromkeys(short.get(each, each) for each in near))[:3]
        hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        raise UnknownNameError(f'There is no {kind} "{name}".{hint}')
    return found


def table(found: list[Connection], width: int) -> str:
    """The connections by signal: each on one line, where that fits into so many columns, else on two."""
    rows = {id(each): _row(each) for each in found}
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows.values(), strict=True)]
    wide = sum(widths) + 2 * len(widths) <= width
    lines = [_line(HEADINGS, widths), ""] if wide and found else []
    for name, same in groupby(found, key=lambda each: each.signal_name):
        lines.append(_printable(name))
        for each in same:
            row = rows[id(each)]
            if wide:
                lines.append(_line(row, widths))
            else:
                order, sender, receiver, place, *more = row
                lines += [f"  {order:>{widths[0]}}  {sender} -> {receiver}", f"  {'':{widths[0]}}  {place}"]
                lines.append(f"  {'':{widths[0]}}  {', '.join(filter(None, more))}")
        lines.append("")
    signals = len({each.signal for each in found})
    lines.append(f"{_counted(len(found), 'receiver')} of {_counted(signals, 'signal')}.")
    return "\n".join(lines)


def _row(each: Connection) -> tuple[str, ...]:
    uid = "its path" if each.dispatch_uid == each.receiver_name else repr(each.dispatch_uid)
    return (
        str(each.order),
        _printable(each.sender_name) or "any sender",
        _printable(each.receiver_name),
        short_place(each.file, each.line) if each.file else "",
        each.app and f"app {each.app}",
        "no uid" if each.dispatch_uid is None else f"uid {uid}",
        "dead" if each.receiver is None else "weak" if each.weak else "strong",
        "async" if each.is_async else "sync",
    )


def _line(row: Iterable[str], widths: list[int]) -> str:
    first, *others = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
    return "  ".join(["", first.strip().rjust(widths[0]), *others]).rstrip()


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _models() -> list[type[Model]]:
    return list(apps.get_models(include_auto_created=True, include_swapped=True))


def _of_any_model(each: Connection) -> bool:
    return each.sender is None and isinstance(each.signal, ModelSignal)
