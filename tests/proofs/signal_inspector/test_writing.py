"""The map is written as one file that needs no other; what cannot be written is refused in a line."""

import re
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from proofs.signal_inspector.test_map import Reader
from signal_inspector.connections import connections


def written(*options: str, file: Path) -> tuple[str, str]:
    out = StringIO()
    call_command("signals", *options, html=file, stdout=out)
    return file.read_bytes().decode(), out.getvalue()


def test_the_file_needs_no_other(tmp_path: Path) -> None:
    html, _ = written(file=tmp_path / "map.html")
    reader = Reader(html)
    assert reader.loaded == ["data:,"]  # no icon, or the browser would look for one
    assert not re.search(r"url\(|@import|\bfetch\(['\"]|https?://", html)
    assert "data-counts=" not in html
    assert {"svg", "style", "script", "table"} <= set(reader.tags)
    assert reader.tags.count("script") == reader.tags.count("style") == 1
    assert html.count("</script") == html.count("</style") == 1
    assert "<form" not in html
    for style in ("--ground: #", ".signal-picture .curve {"):  # the site's, and the map's
        assert style in html


def test_it_holds_the_same_as_the_page(tmp_path: Path) -> None:
    found = connections()  # before writing, which may import modules that connect more
    html, said = written(file=tmp_path / "map.html")
    assert said == f"{len(found)} connections are on the map in {tmp_path / 'map.html'}.\n"
    text = unescape(html)
    for each in found:
        assert each.receiver_name in text
        assert each.signal_name in text
    reader = Reader(html)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links if link.startswith("#")} <= set(reader.ids)


def test_it_has_the_site_s_name(tmp_path: Path, settings: Settings) -> None:
    settings.SITE_NAME = "</title><b>Ünï"
    html, _ = written(file=tmp_path / "map.html")
    assert "<title>Signals · &lt;/title&gt;&lt;b&gt;Ünï</title>" in html


def test_it_replaces_what_is_there(tmp_path: Path) -> None:
    file, link = tmp_path / "map.html", tmp_path / "link.html"
    file.write_text("old", encoding="utf-8")
    link.symlink_to(file)
    written(file=link)
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert set(tmp_path.iterdir()) == {file, link}


@pytest.mark.parametrize("name", ["none/map.html", ".", "file/map.html", "x" * 300])
def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match=r"^[^\n]+ cannot be written: [^\n]+\.$"):
        written(file=tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_is_full_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "map.html"
    file.write_text("old", encoding="utf-8")

    def replace(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(CommandError, match="No space left on device"):
        written(file=file)
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_it_goes_with_no_other_output(tmp_path: Path) -> None:
    file = str(tmp_path / "map.html")
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("signals", "--html", file, "--json")
    with pytest.raises(CommandError, match="--on goes with nothing but --json"):
        call_command("signals", "--html", file, "--on", "pages.Page.save")
    assert not list(tmp_path.iterdir())
