"""A module that nothing imports is reported only if it would connect receivers."""

from pathlib import Path

import pytest

from signal_inspector.unimported import connects

PACKAGES = {"django", "pages"}


@pytest.mark.parametrize(
    "source",
    [
        "@receiver(post_save, sender=Invoice)\ndef note(**kwargs): ...",
        "post_save.connect(note)",
        "def note(sender, **kwargs): ...",
        "def note(instance, *, created, **kwargs): ...",
        "async def note(*, signal, **kwargs): ...",
        "from pages.signals import paid\n@paid.connect\ndef note(sender, **kwargs): ...",
        "from .other import paid\n@paid.connect\ndef note(sender, **kwargs): ...",
        "def wire():\n    signals.post_save.connect(note)",
    ],
)
def test_what_would_receive_matters(tmp_path: Path, source: str) -> None:
    (tmp_path / "signals.py").write_text(source)
    assert connects(tmp_path / "signals.py", PACKAGES)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "paid = Signal()",
        "def total(invoice, **kwargs): ...",
        "def note(sender): ...",
        "from elsewhere.signals import task_failure\n@task_failure.connect\ndef note(sender, **kwargs): ...",
        "from elsewhere.signals import task_failure as failed\nfailed.connect(print)",
        "this is no Python",
        "\0",
    ],
)
def test_what_only_declares_or_hears_others_does_not(tmp_path: Path, source: str) -> None:
    (tmp_path / "signals.py").write_text(source)
    assert not connects(tmp_path / "signals.py", PACKAGES)
