#!/usr/bin/env python
"""The site's command line."""

import os
import sys


def main() -> None:
    settings = "testing.settings" if sys.argv[1:2] == ["test"] else "config.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
