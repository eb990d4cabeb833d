"""What the map's templates need: counts by name, and links to the editor."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from signal_inspector.graph import Graph, last_part
from signal_inspector.names import short_place
from signal_inspector.sources import editor_url

register = template.Library()


@register.simple_tag
def source(file: str, line: int) -> SafeString | str:
    """A place in the code, which opens in the editor if that is known."""
    if not file:
        return ""
    text, url = short_place(file, line), editor_url(file, line)
    return format_html('<a href="{}">{}</a>', url, text) if url else text


@register.simple_tag
def count(counts: dict[str, str] | None, *names: str) -> SafeString | str:
    """What was counted of a receiver, or of a signal and a receiver: a place that the map's script fills in again."""
    if counts is None:
        return ""
    name = " ".join(names)
    return format_html('<span data-calls="{}">{}</span>', name, counts.get(name, ""))


@register.simple_tag
def signal_link(graph: Graph, name: str) -> SafeString:
    """A signal, which leads to what is said of it, if it is in the graph."""
    for signal in graph.signals:
        if signal.name == name:
            return format_html('<a href="#{}" title="{}"><code>{}</code></a>', signal.anchor, name, signal.label)
    return format_html('<code title="{}">{}</code>', name, last_part(name))


@register.filter
def of(counts: dict[str, str], name: str) -> str:
    """What was counted of a receiver."""
    return counts.get(name, "")
