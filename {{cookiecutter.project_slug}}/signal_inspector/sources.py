"""Links that open a file in the editor."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings

# Links with these schemes run what they hold, or show it.
NOT_EDITORS = {"", "javascript", "data", "vbscript"}


def editor_url(file: str, line: int) -> str:
    """What opens ``file``, an absolute path, in the editor (``EDITOR_URL``); empty if nothing does."""
    template = settings.EDITOR_URL
    if urlsplit(template).scheme in NOT_EDITORS:
        return ""
    return template.replace("{file}", quote(Path(file).as_posix(), safe="/:")).replace("{line}", str(line))
