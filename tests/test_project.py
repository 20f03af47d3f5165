"""The project as a whole: what is generated is fresh, what is listed is there, what is installed works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from flowrun.runtime import discovery
from flowrun.schemas.event import event_schema
from flowrun.schemas.flow import editor_schema

ROOT = Path(__file__).parents[1]
FOLDERS = ("flows", "models", "operators", "runtime", "schemas")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def packages() -> set[str]:
    """Return the folders with an `__init__.py`, under the names that they are installed by."""
    found = [file.parent for folder in FOLDERS for file in (ROOT / folder).rglob("__init__.py")]
    return {".".join(("flowrun", *folder.relative_to(ROOT).parts)) for folder in found}


def test_the_packages_listed_are_the_folders() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages()


def test_every_folder_with_code_is_a_package() -> None:
    code = {file.parent for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    assert [folder for folder in code if not (folder / "__init__.py").is_file()] == []


def test_the_schema_for_editors_is_fresh() -> None:
    """`make schema` renews it."""
    committed = json.loads((ROOT / "schemas" / "flow.schema.json").read_text("utf-8"))
    fresh = committed == json.loads(json.dumps(editor_schema(discovery.specs())))
    assert fresh, "schemas/flow.schema.json is stale: run `make schema`"


def test_the_schema_of_events_is_fresh() -> None:
    """`make schema` renews it."""
    committed = json.loads((ROOT / "schemas" / "event.schema.json").read_text("utf-8"))
    assert committed == event_schema(), "schemas/event.schema.json is stale: run `make schema`"


def test_imports_go_one_way() -> None:
    """flows, runtime, operators, models, schemas: each imports only from those after it."""
    lint = subprocess.run([program("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", readme, re.M | re.S)
    commands = block.splitlines()
    assert len(commands) == 2
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line in commands] == commands


def test_ci_prepares_what_the_extra_all_needs() -> None:
    extras = set(PROJECT["project"]["optional-dependencies"])
    always = re.findall(r"--extra (\w+)", (ROOT / "setup.sh").read_text())
    more = re.findall(r'FLOWRUN_EXTRAS="([^"]*)"', (ROOT / ".ci" / "run").read_text())[0].split()
    assert extras - {"all"} == {*always, *more}


def test_no_text_names_a_place_outside() -> None:
    """Nothing that is committed holds a path of somebody's machine."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone")
    texts = [ROOT / name for name in listed.stdout.split("\0") if name and not name.startswith(("uv.lock", "tests/"))]
    homes = re.compile(rb"/(?:home|root|Users)/\w")
    assert [path.name for path in texts if path.is_file() and homes.search(path.read_bytes())] == []


# What takes a network and minutes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is made from it."""
    source, out = tmp_path_factory.mktemp("source") / "flowrun", tmp_path_factory.mktemp("dist")
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".typing", ".*_cache", "__pycache__", "*.egg-info", "build", "dist"
    )
    shutil.copytree(ROOT, source, ignore=left_out)
    installer = ["--installer", "uv"] if shutil.which("uv") else []
    build = [sys.executable, "-m", "build", *installer, "--outdir", str(out), str(source)]
    subprocess.run(build, check=True, capture_output=True, cwd=source)
    return out


@pytest.mark.integration
def test_the_wheel_holds_one_package_with_all_its_data(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"flowrun", f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"flowrun/{path.relative_to(ROOT).as_posix()}" in names
    assert {f"flowrun/{folder}/py.typed" for folder in FOLDERS} <= names
    assert not any("test" in Path(name).name and "tests" in Path(name).parts for name in names)


@pytest.mark.integration
def test_the_sdist_holds_what_is_needed_to_build_and_to_test(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        "pyproject.toml",
        "uv.lock",
        "setup.sh",
        "Makefile",
        "LICENSE",
        "deploy/Containerfile",
        "docs/tutorial.md",
    }
    assert wanted | {f"tests/{Path(__file__).name}"} <= names


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_what_is_built_runs_elsewhere(built: Path, kind: str, tmp_path: Path) -> None:
    """In a fresh virtual environment, in a folder without a clone."""
    (package,) = built.glob(kind)
    python = tmp_path / "venv" / "bin" / "python"
    if shutil.which("uv"):
        create, install = ["uv", "venv", "--python", sys.executable], ["uv", "pip", "install", "--python", str(python)]
    else:
        create, install = [sys.executable, "-m", "venv"], [str(python), "-m", "pip", "install"]
    subprocess.run([*create, str(tmp_path / "venv")], check=True, capture_output=True)
    subprocess.run([*install, str(package)], check=True, capture_output=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment.pop("FLOWRUN_MODELS", None)  # a fresh machine has the model that ships, and no other

    def run(*arguments: str) -> str:
        command = [str(python.parent / "flowrun"), *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "resample" in run("list")
    assert "classify_file" in run("check", "flows/classify_file.yaml")
    assert "Siren: 0." in run("flows/classify_file.yaml")
    assert (tmp_path / "heard" / "scene.flac.png").stat().st_size > 1000


def program(name: str) -> str:
    """Return a program of this environment."""
    return str(Path(sys.executable).with_name(name))
