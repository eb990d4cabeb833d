"""Times in pages are such as HTML allows: with at most three digits of a fraction of a second."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.template import Context, Template

VALID = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)")

FORMATS = {
    written
    for path in settings.BASE_DIR.glob("*/templates/**/*.html")
    for written in re.findall(r'<time datetime="\{\{ [\w.]+(\|.*?) \}\}"', path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("written", sorted(FORMATS))
def test_the_time_is_one_of_html(written: str) -> None:
    shown = Template(f"{{{{ time{written} }}}}").render(Context({"time": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)}))
    assert VALID.fullmatch(shown)
