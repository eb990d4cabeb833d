"""The map as a file of its own."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.management import CommandError
from django.template.loader import render_to_string

from signal_inspector.connections import Connection
from signal_inspector.page import page_of

STYLES = ["site.css", "signal_inspector/map.css"]
SCRIPTS = ["signal_inspector/map.js"]


def write_html(connections: Sequence[Connection], file: Path) -> str:
    """Write the map of ``connections`` into ``file``, which is replaced, if it is there, when all is written.

    The file needs no other, and no site. Returns what there is to say of it. Raises CommandError if it cannot be
    written.
    """
    context = page_of(connections) | {"style": _read(STYLES), "script": _read(SCRIPTS)}
    html = render_to_string("signal_inspector/file.html", context)
    target = file.resolve()
    temporary = target.parent / f"{target.name}.{os.getpid()}.tmp"
    try:
        if target.exists() and not target.is_file():
            raise CommandError(f"{file} cannot be written: it is no file.")
        try:
            temporary.write_text(html, encoding="utf-8", newline="\n")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
    return f"{len(connections)} connections are on the map in {file}."


def _read(names: list[str]) -> str:
    """Static files, one after the other."""
    return "\n".join(Path(str(finders.find(name))).read_text(encoding="utf-8") for name in names)
