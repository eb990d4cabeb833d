"""The benchmarks run, and print their tables alone. What they measure is no test."""

import sys

import pytest

from conftest import ROOT, run

NO_BENCHMARK = {"sites.py"}
SCRIPTS = sorted({path.name for path in (ROOT / "benchmarks").glob("*.py")} - NO_BENCHMARK)


@pytest.mark.whole
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_small_run_succeeds_and_prints_its_table_alone(script: str) -> None:
    outcome = run(sys.executable, ROOT / "benchmarks" / script, "--small", cwd=ROOT)
    assert outcome.code == 0, outcome
    assert outcome.err == ""
    assert 2 < len(outcome.out.splitlines()) < 100
