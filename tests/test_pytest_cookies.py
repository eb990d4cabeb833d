"""The template can be baked by pytest-cookies from anywhere."""

import re
import shlex
import sys
from pathlib import Path

from conftest import ROOT, run

TEST = """
def test_bakes(cookies):
    baked = cookies.bake(extra_context={"project_name": "Reading Room"})
    assert baked.exception is None
    assert baked.project_path.name == "reading-room"
"""


def test_from_elsewhere_by_the_line_of_the_readme(template: Path, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^(PYTHONPATH=TEMPLATE pytest .+)$", readme, re.MULTILINE)
    variable, *command = shlex.split(line.replace("TEMPLATE", str(template)))
    name, _, path = variable.partition("=")
    (tmp_path / "test_bake.py").write_text(TEST, encoding="utf-8")
    outcome = run(sys.executable, "-m", *command, "-p", "no:cacheprovider", cwd=tmp_path, env={name: path})
    assert outcome.code == 0, outcome
    # When this passes without it, the line is no longer needed.
    assert "UnknownExtension" in run(sys.executable, "-m", *command, "-p", "no:cacheprovider", cwd=tmp_path).out
