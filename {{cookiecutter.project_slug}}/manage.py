#!/usr/bin/env python
"""The site's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # % if cookiecutter.request_metrics
    if sys.argv[1:2] == ["test"]:
        # Else the process would store the requests of the tests in the real database as it ends.
        os.environ.setdefault("REQUEST_METRICS_FLUSH", "0")
    # % endif
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
