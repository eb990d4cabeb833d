"""Generated sites keep the template's promises: the proofs in ``tests/proofs`` pass in them."""

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from conftest import ROOT, python_for, run, services
from test_sites import there_is_a_database

PROOFS = ROOT / "tests" / "proofs"
PROVE = (sys.executable, ROOT / "prove.py")
SITES = {
    "files": {"django_version": "5.2", "database": "sqlite", "cache": "local", "signal_delivery": "outbox"},
    "servers": {"django_version": "6.1", "database": "postgresql", "cache": "redis", "signal_delivery": "celery"},
}


@pytest.mark.whole
@pytest.mark.parametrize("name", SITES)
def test_a_site_keeps_its_promises(
    generate: Callable[..., Path], record_property: Callable[[str, object], None], name: str
) -> None:
    answers = SITES[name]
    site = generate(**answers)
    servers = services(answers["database"], answers["cache"], f"proofs_{uuid4().hex}")
    python = python_for(answers["django_version"], newest=name == "servers")
    with there_is_a_database(servers):
        outcome = run(*PROVE, site, "-q", cwd=ROOT, env=servers | {"UV_PYTHON": python})
    assert outcome.code == 0, f"{outcome.out}\n{outcome.err}"
    (passed,) = re.findall(r"(\d+) passed", outcome.out)
    record_property("proved", int(passed))
    assert outcome.out.count("  kept ") >= len(promises()) - 2, outcome.out  # some are about PostgreSQL or Celery


@pytest.mark.whole
def test_a_promise_that_is_broken_is_named(generate: Callable[..., Path]) -> None:
    site = generate()
    command = site / "profiles" / "management" / "commands" / "create_missing_profiles.py"
    with command.open("a", encoding="utf-8") as source:
        source.write("\n\nCommand.handle = lambda self, **options: None\n")
    outcome = run(*PROVE, site, "profiles", "-q", cwd=ROOT)
    assert outcome.code == 1, outcome
    assert "  BROKEN   100,000 are made in seconds.\n             proofs/profiles/test_backfill.py::" in outcome.out
    assert "  kept     Every user has one" in outcome.out


def test_every_proof_shows_a_promise() -> None:
    named = [module for modules in promises().values() for module in modules]
    assert sorted(named) == sorted(str(path.relative_to(PROOFS)) for path in PROOFS.glob("*/test_*.py"))


def promises() -> dict[str, list[str]]:
    subjects = tomllib.loads((PROOFS / "promises.toml").read_text(encoding="utf-8"))
    return {promise: modules for promises in subjects.values() for promise, modules in promises.items()}


def test_what_cannot_be_proved_is_refused_in_a_line(generate: Callable[..., Path], tmp_path: Path) -> None:
    def refusal(*arguments: str | Path) -> str:
        outcome = run(*PROVE, *arguments, cwd=ROOT)
        assert outcome.code == 2
        return outcome.err.splitlines()[-1].removeprefix("prove.py: error: ")

    assert refusal(tmp_path) == f"There is no manage.py in {tmp_path}: give the directory of a generated site."
    site = generate(profiles=False)
    assert refusal(site, "shop").startswith("No proofs for shop. There are proofs for accounts, ")
    assert refusal(site, "profiles") == f"{site} has no profiles."
