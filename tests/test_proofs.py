"""Generated sites keep the template's promises: the proofs in ``tests/proofs`` pass in them."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from conftest import ROOT, python_for, run, services
from test_sites import there_is_a_database

SITES = {
    "files": {"django_version": "5.2", "database": "sqlite", "cache": "local", "signal_delivery": "outbox"},
    "servers": {"django_version": "6.1", "database": "postgresql", "cache": "redis", "signal_delivery": "celery"},
}


@pytest.mark.whole
@pytest.mark.parametrize("answers", SITES.values(), ids=list(SITES))
def test_a_site_keeps_its_promises(
    generate: Callable[..., Path], record_property: Callable[[str, object], None], answers: dict[str, str]
) -> None:
    site = generate(**answers)
    servers = services(answers["database"], answers["cache"], f"proofs_{uuid4().hex}")
    with there_is_a_database(servers):
        outcome = run(
            sys.executable,
            ROOT / "prove.py",
            site,
            "-q",
            cwd=ROOT,
            env=servers | {"UV_PYTHON": python_for(answers["django_version"])},
        )
    assert outcome.code == 0, f"{outcome.out}\n{outcome.err}"
    (passed,) = re.findall(r"(\d+) passed", outcome.out)
    record_property("proved", int(passed))


def test_a_path_that_is_no_site_and_an_app_without_proofs_are_refused_in_a_line(tmp_path: Path) -> None:
    prove = (sys.executable, ROOT / "prove.py")
    outcome = run(*prove, tmp_path, cwd=ROOT)
    assert (outcome.code, outcome.err.splitlines()[-1]) == (
        2,
        f"prove.py: error: There is no manage.py in {tmp_path}: give the directory of a generated site.",
    )
    (tmp_path / "manage.py").touch()
    outcome = run(*prove, tmp_path, "shop", cwd=ROOT)
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("prove.py: error: No proofs for shop. There are proofs for ")
