"""The database of the tests: for other processes, and with something missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection
from django.db.models import Model


def database_url() -> str:
    """What leads another process there."""
    server = urlsplit(os.environ["DATABASE_URL"])
    return f"{server.scheme}://{server.netloc}/{Path(connection.settings_dict['NAME']).name}"


@contextmanager
def table_missing(model: type[Model]) -> Iterator[None]:
    """Without the table of a model."""
    with connection.schema_editor() as editor:
        editor.delete_model(model)
    yield
    with connection.schema_editor() as editor:
        editor.create_model(model)
