"""``pip install .`` gives a whole program: command, templates, front-end files, translations, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/allconnects"
pytestmark = pytest.mark.e2e


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, away from the checkout, and show what it said if it fails."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ALLCONNECTS_") and name not in ("DATABASE_URL", "PYTHONPATH", "DJANGO_SETTINGS_MODULE")
    }
    done = subprocess.run(
        [str(part) for part in command], env={**kept, **environ}, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds out of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("allconnects-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with that wheel; what it depends on comes from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("an environment") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin/python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    # Folders named in a .pth are searched, their own .pth files are not read: the editable install stays unseen.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return folder / "bin"


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    there = {
        f"allconnects/{path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there


def test_front_end_files_and_translations_are_in_it(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()
    vendor = "allconnects/site/static/vendor"
    for name in ("maplibre/maplibre-gl.mjs", "maplibre/maplibre-gl.css", "tabler/tabler.min.css", "icons.svg"):
        assert f"{vendor}/{name}" in held
    assert any(name.startswith(f"{vendor}/basemap/") for name in held)
    for language in ("nl", "fr", "de"):
        assert f"allconnects/locale/{language}/LC_MESSAGES/django.mo" in held


def test_the_licence_comes_along(wheel: Path) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_the_command_works_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import allconnects; print(allconnects.__file__)").stdout.strip()
    assert Path(where).is_relative_to(installed.parent)
    assert "start the whole platform" in run(installed / "allconnects", "--help").stdout
    decoded = run(
        installed / "allconnects", "decode", "teltonika", "000F333536333037303432343431303133",
        ALLCONNECTS_HOME=str(tmp_path),
    ).stdout  # fmt: skip
    assert "356307042441013" in decoded


def test_the_site_finds_its_files_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    ask = """
import django; django.setup()
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils import translation
get_template("live/map.html")
print(finders.find("vendor/tabler/tabler.min.css"))
with translation.override("nl"):
    print(translation.gettext("Devices"))
"""
    said = run(
        installed / "python", "-c", ask,
        ALLCONNECTS_HOME=str(tmp_path), DJANGO_SETTINGS_MODULE="allconnects.site.settings",
    ).stdout.splitlines()  # fmt: skip
    assert Path(said[0]).is_relative_to(installed.parent)
    assert said[1] == "Toestellen"
