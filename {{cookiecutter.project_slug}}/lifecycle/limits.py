"""What each connection to a database is told when it is made: how long things may take, and who connects.

PostgreSQL: limits of time (``DATABASE_LIMITS``, in seconds) and a name (``APPLICATION_NAME`` and the program), which
``pg_stat_activity`` and its log show. What is set already stays, unless it is 0: by the database's OPTIONS or URL, by
ALTER ROLE, or in the server's configuration. This is one round trip.

SQLite: the pragmas below. Those that ``init_command`` names stay.

The statements are sent past Django's cursors: they are in no list of queries and no count.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from lifecycle.derived import derived_from

LIMITS = ("statement", "lock", "idle_transaction")
LONGEST_NAME = 63  # bytes

PRAGMAS = {
    "temp_store": "MEMORY",  # what is sorted and grouped does not go by way of the disk
    "cache_size": "-16000",  # KiB: eight times the default, so that indexes stay in memory
    "journal_size_limit": str(64 * 1024 * 1024),  # a log that grew under load gives its room on the disk back
}

# Sets what nobody has set: 0 and the empty text are what PostgreSQL has then.
SET_LIMITS = """
    SELECT set_config(name, value, false)
    FROM (VALUES
        ('statement_timeout', %s),
        ('lock_timeout', %s),
        ('idle_in_transaction_session_timeout', %s),
        ('application_name', %s)
    ) AS wanted (name, value)
    WHERE current_setting(name) IN ('0', '')
"""
LIFT_STATEMENT_LIMIT = """
    SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'statement_timeout' AND setting = %s
"""


@derived_from("DATABASE_LIMITS", "APPLICATION_NAME")
def wanted() -> list[str]:
    """What PostgreSQL is told: three limits, in milliseconds, and a name. Nothing if all are none."""
    milliseconds = [str(int(settings.DATABASE_LIMITS.get(name, 0) * 1000)) for name in LIMITS]
    values = [*milliseconds, application_name()]
    return [] if values == ["0", "0", "0", ""] else values


def application_name() -> str:
    """The site and the program: ``my-site gunicorn``, ``my-site manage.py migrate``. Nothing if the site has no name.

    Not what the program was called with: that may be secret.
    """
    if not settings.APPLICATION_NAME:
        return ""
    program = Path(sys.argv[0])
    words = [settings.APPLICATION_NAME, program.parent.name if program.name == "__main__.py" else program.name]
    if program.name == "manage.py" and sys.argv[1:] and not sys.argv[1].startswith("-"):
        words.append(sys.argv[1])
    return " ".join(filter(None, words)).encode()[:LONGEST_NAME].decode(errors="ignore")


def set_up(connection: BaseDatabaseWrapper) -> None:
    """Tell a new connection what holds for it. If that fails it is closed: none is used without."""
    try:
        if connection.vendor == "postgresql":
            set_limits(connection)
            if not connection.get_autocommit():
                connection.commit()  # or a rollback would undo it
        elif connection.vendor == "sqlite":
            given = connection.settings_dict["OPTIONS"].get("init_command", "")
            for name, value in PRAGMAS.items():
                if name not in given:
                    execute(connection, f"PRAGMA {name} = {value}")
    except Exception:
        connection.close()
        raise


def set_limits(connection: BaseDatabaseWrapper) -> None:
    """Set what is not set, the limit on statements too if it was lifted."""
    if connection.vendor == "postgresql" and (values := wanted()):
        execute(connection, SET_LIMITS, values)


def lift_statement_limit(connection: BaseDatabaseWrapper) -> None:
    """Let statements take any time, as migrations do, until :func:`set_limits` is called. The limit on locks stays.

    A migration that waits for a lock has everybody wait behind it. A limit that is not the site's own stays too. After
    a migration that fails, this one connection goes on without: ``manage.py`` ends then, and the connection with it.
    """
    if connection.vendor == "postgresql" and (values := wanted()):
        execute(connection, LIFT_STATEMENT_LIMIT, values[:1])


def execute(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[str] = ()) -> None:
    """Execute a statement past Django's cursors."""
    connection.ensure_connection()
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        cursor = raw.cursor()
        cursor.execute(sql, parameters)
        cursor.close()
