"""What happens when a model's method is called: ``manage.py signals --on pages.Page.save``."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericRelation
from django.db import DEFAULT_DB_ALIAS
from django.db.models import CASCADE, ManyToManyField, ManyToManyRel, ManyToOneRel, Model
from django.db.models.deletion import Collector
from django.db.models.signals import m2m_changed, post_delete, post_init, post_save, pre_delete, pre_init, pre_save
from django.dispatch import Signal

from core.models import AtomicModel
from signal_inspector.connections import Connection, connections
from signal_inspector.listing import UnknownNameError, find_names
from signal_inspector.names import short_place, signal_name
from signal_inspector.sending import sendings

# How many signals may follow from one another before the story breaks off.
DEPTH = 10


@dataclass(frozen=True)
class Line:
    """One thing that happens, and what happens in the course of it."""

    text: str
    connection: Connection | None = None
    follows: list["Line"] = field(default_factory=list)


def tell(what: str) -> list[Line]:
    """What happens on ``app.Model.method``, in order. Raises UnknownNameError."""
    model, method = _find(what)
    return list(_Teller(model).tell(method))


def as_text(lines: list[Line], depth: int = 0) -> str:
    """The story, indented by what follows from what."""
    written = []
    for line in lines:
        place = ""
        if line.connection and line.connection.file:
            place = f"  ({short_place(line.connection.file, line.connection.line)})"
        written.append(f"{'   ' * depth}{line.text}{place}")
        if line.follows:
            written.append(as_text(line.follows, depth + 1))
    return "\n".join(written)


def as_data(lines: list[Line]) -> list[dict[str, Any]]:
    """The same as lists and dictionaries."""
    return [
        {
            "text": line.text,
            "receiver": line.connection.receiver_name if line.connection else None,
            "file": line.connection.file or None if line.connection else None,
            "line": line.connection.line or None if line.connection else None,
            "follows": as_data(line.follows),
        }
        for line in lines
    ]


def methods_of(model: type[Model]) -> list[str]:
    """What can be told of a model."""
    links = [f"{name}.{verb}" for name in _links_of(model) for verb in ("add", "remove", "clear", "set")]
    return ["save", "create", "delete", "load", "bulk_create", "update", "bulk_update", *links]


def _find(what: str) -> tuple[type[Model], str]:
    models = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    app, _, rest = what.partition(".")
    name, _, method = rest.partition(".")
    if not app or not name or not method:
        raise UnknownNameError(f'"{what}" is not like "pages.Page.save": app, model, method.')
    (label, *others) = sorted(find_names("model", f"{app}.{name}", models))
    if others:
        raise UnknownNameError(f'"{app}.{name}" is {" and ".join([label, *others])}.')
    model = models[label]
    method = {"__init__": "load"}.get(method, method.removeprefix("objects."))
    known = methods_of(model)
    if method not in known:
        raise UnknownNameError(f'Of {label}, nothing is told of "{method}". What is: {", ".join(known)}.')
    return model, method


def _links_of(model: type[Model]) -> dict[str, type[Model]]:
    """The tables that hold the links of a model to many others, by the attribute that leads there."""
    found: dict[str, type[Model]] = {}
    for each in model._meta.get_fields():
        if isinstance(each, ManyToManyField) and (through := each.remote_field.through):
            found[each.name] = through
        elif isinstance(each, ManyToManyRel) and (name := each.get_accessor_name()) and (through := each.through):
            found[name] = through
    return found


class _Teller:
    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.receivers: dict[Signal, list[Connection]] = defaultdict(list)
        for connection in connections():
            if connection.receiver is not None:
                self.receivers[connection.signal].append(connection)

    def tell(self, method: str) -> Iterator[Line]:
        link, _, verb = method.rpartition(".")
        if link:
            yield from self._change_links(_links_of(self.model)[link], verb)
        elif method in ("bulk_create", "update", "bulk_update"):
            yield from self._write_at_once(method)
        else:
            tell: dict[str, Callable[[], Iterator[Line]]] = {
                "load": self._load,
                "save": self._save,
                "create": self._create,
                "delete": self._delete,
            }
            yield from tell[method]()

    def _load(self) -> Iterator[Line]:
        yield from self._sent(pre_init, self.model)
        yield Line("The instance gets its values.")
        yield from self._sent(post_init, self.model)

    def _create(self) -> Iterator[Line]:
        yield from self._load()
        yield from self._save("The row is inserted.")

    def _save(self, written: str = "The row is inserted, or updated.") -> Iterator[Line]:
        atomic = issubclass(self.model, AtomicModel)
        yield from [Line("A transaction begins, unless there is one.")] * atomic
        yield from self._sent(pre_save, self.model)
        yield Line(written)
        yield from self._sent(post_save, self.model)
        yield from [Line("The transaction is committed, unless an outer one goes on.")] * atomic

    def _delete(self) -> Iterator[Line]:
        one_by_one, at_once = _deleted(self.model)
        sending = [model for model in one_by_one if not model._meta.auto_created]
        yield Line("A transaction begins, unless there is one.")
        for model in sending:
            yield from self._sent(pre_delete, model)
        others = ", ".join(model._meta.label for model in (*one_by_one, *at_once) if model is not self.model)
        yield Line(f"The row is deleted{f', and what goes with it: {others}' * bool(others)}.")
        for model in sending:
            yield from self._sent(post_delete, model)
        yield Line("The transaction is committed, unless an outer one goes on.")

    def _change_links(self, through: type[Model], verb: str) -> Iterator[Line]:
        """``set()`` removes and adds."""
        written = {"add": "inserted", "remove": "deleted", "clear": "deleted"}
        for action in ("remove", "add") if verb == "set" else (verb,):
            # A model of the site's own tells of its rows itself.
            deletes = action != "add" and not through._meta.auto_created
            yield from self._sent(m2m_changed, through, f", pre_{action}")
            yield from self._sent(pre_delete, through) if deletes else ()
            yield Line(f"Rows of {through._meta.label} are {written[action]}.")
            yield from self._sent(post_delete, through) if deletes else ()
            yield from self._sent(m2m_changed, through, f", post_{action}")

    def _write_at_once(self, method: str) -> Iterator[Line]:
        queryset = type(self.model._default_manager.get_queryset())
        yield Line(f"Rows are {'inserted' if method == 'bulk_create' else 'updated'}: Django sends no signal for each.")
        # bulk_update() is made of update().
        told = [method, "update"] if method == "bulk_update" else [method]
        sent = {each.signal: each for name in told for each in sendings(getattr(queryset, name))}
        for sending in sent.values():
            yield from self._sent(sending.signal, self.model)

    def _sent(self, signal: Signal, sender: type[Model], remark: str = "") -> Iterator[Line]:
        """That a signal is sent by a sender; nothing if nobody hears of it."""
        heard = self._heard(signal, sender)
        if heard:
            text = f"{signal_name(signal)} is sent by {sender._meta.label}{remark}:"
            yield Line(text, follows=[self._called(each, (signal,)) for each in heard])

    def _heard(self, signal: Signal, sender: type[Model]) -> list[Connection]:
        return _in_order([each for each in self.receivers[signal] if each.sender is None or each.sender is sender])

    def _called(self, connection: Connection, before: tuple[Signal, ...]) -> Line:
        """That a receiver is called, and what it sends in turn. From which sender, its source does not tell."""
        follows = []
        for sending in sendings(connection.receiver) if connection.receiver is not None else ():
            text = f"{'after the commit ' * sending.on_commit}it may send {sending.name}"
            if sending.signal in before or len(before) == DEPTH:
                follows.append(Line(f"{text}, and so on"))
            else:
                heard = _in_order(self.receivers[sending.signal])
                called = [self._called(each, (*before, sending.signal)) for each in heard]
                follows.append(Line(f"{text}{':' if called else ', which nobody hears'}", follows=called))
        remarks = ["async"] * connection.is_async
        if len(before) == 1 and connection.sender is None:
            remarks.append("whoever sends it")
        elif len(before) > 1 and connection.sender is not None:
            remarks.append(f"if the sender is {connection.sender_name}")
        return Line(", ".join([connection.receiver_name, *remarks]), connection, follows)


def _in_order(found: list[Connection]) -> list[Connection]:
    """As they are called: those that are async after the others."""
    return sorted(found, key=lambda each: (each.is_async, each.order))


def _deleted(model: type[Model]) -> tuple[list[type[Model]], list[type[Model]]]:
    """The models whose rows are deleted with one of ``model``, itself among them: in the order in which Django deletes
    them and sends for each, and those of which it deletes all with one statement.

    Its collector is given models instead of rows, and sorts them.
    """
    collector = Collector(using=DEFAULT_DB_ALIAS)
    at_once: dict[type[Model], None] = {}
    seen: set[tuple[type[Model], bool]] = set()

    def collect(model: type[Model], source: type[Model] | None = None, *, is_parent: bool = False) -> None:
        collector.data.setdefault(model, set())
        if source is not None:
            collector.add_dependency(source, model, reverse_dependency=is_parent)
        if (model, is_parent) in seen:
            return
        seen.add((model, is_parent))
        for parent, link in (model._meta.concrete_model or model)._meta.parents.items():
            if link:
                collect(parent, model, is_parent=True)
        if is_parent:  # what refers to it is found with the child
            return
        for related in model._meta.get_fields(include_hidden=True):
            if isinstance(related, ManyToOneRel) and related.on_delete is CASCADE:
                referring, key = related.related_model, related.field
                if collector.can_fast_delete(referring._base_manager.all(), from_field=key):
                    at_once[referring] = None
                else:
                    collect(referring, None if key.null else related.model)
        for private in model._meta.private_fields:
            if isinstance(private, GenericRelation):
                collect(private.remote_field.model)

    collect(model)
    collector.sort()
    return list(collector.data), list(at_once)
