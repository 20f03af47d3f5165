"""Every command, flow and output in the documents is run and compared.

A `console` block holds commands after `$ ` and what they print: a line `...` stands for any lines, `...` inside a line
for any text, numbers with a fraction may differ a little. A command must end with status 0 unless `$ echo $?` follows.
A block that begins with `# PATH` is a file at that place.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml

from flowrun.models.bundle import bundle
from flowrun.runtime import cli, discovery, reference
from flowrun.runtime.language.load import load
from flowrun.schemas.errors import FlowError
from flowrun.schemas.flow import editor_schema

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("FLOWRUN_SHARED") or ROOT.parent / "shared")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETUP = {"sh setup.sh run", "sh setup.sh test"}  # .ci/run runs them; tests/test_project.py compares
NUMBER = re.compile(r"-?\d+\.\d+")
PIECES = re.compile(f"({NUMBER.pattern})")
TOLERANCE = 0.15


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the line it begins in."""

    language: str
    text: str
    line: int

    @property
    def file(self) -> str:
        """The path in its first line, if it is a file."""
        named = re.match(r"# ([\w./-]+\.(?:yaml|py|toml))\n", self.text)
        return named[1] if named else ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [Block(match[1], match[2], text[: match.start()].count("\n") + 2) for match in found]


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def as_pattern(shown: str) -> re.Pattern[str]:
    """Return what an output must match; each number with a fraction is a group.

    >>> bool(as_pattern("a\\n...\\nb 1.5 ... c\\n").fullmatch("a\\nx\\ny\\nb 1.7 d c\\n"))
    True
    """
    lines = []
    for line in shown.splitlines():
        words = " ".join(line.split())
        parts = [
            "".join(r"(-?\d+\.\d+)" if NUMBER.fullmatch(piece) else re.escape(piece) for piece in PIECES.split(part))
            for part in words.split("...")
        ]
        lines.append(r"(?:.*\n)*?" if words == "..." else ".*".join(parts) + r"\n")
    return re.compile("".join(lines))


def compare(shown: str, got: str) -> None:
    """Fail unless *got* is what is *shown*."""
    pattern = as_pattern(shown)
    plain = "".join(" ".join(line.split()) + "\n" for line in got.splitlines())
    match = pattern.fullmatch(plain)
    assert match, f"shown:\n{shown}\ngot:\n{got}"
    expected = [NUMBER.findall(part) for line in shown.splitlines() for part in line.split("...")]
    for e, g in zip([float(n) for numbers in expected for n in numbers], map(float, match.groups()), strict=True):
        assert abs(e - g) <= TOLERANCE, f"{e} is shown, got {g} in:\n{got}"


class Terminal:
    """Runs the commands of a page, one after the other, in one folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.status = 0

    def run(self, command: str) -> str:
        """Run a command; return what it prints, errors included."""
        if command == "echo $?":
            status, self.status = self.status, 0
            return f"{status}\n"
        words = shlex.split(command)
        if words[:2] == ["pip", "install"]:
            self.install(Path(words[2]))
            self.status = 0
            return ""
        if words[0] == "flowrun" and not {"|", ">", ">>"} & set(words):
            return self.flowrun(words[1:])
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.status = done.returncode
        return done.stdout

    def flowrun(self, arguments: list[str]) -> str:
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                self.status = cli.main(arguments)
        except SystemExit as exit_:
            self.status = int(exit_.code or 0)
        return out.getvalue()

    def install(self, project: Path) -> None:
        """Do what pip does for a package of one module: put it on the path, with its entry points."""
        data = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        name, version = data["name"].replace("-", "_"), data["version"]
        info = project / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {data['name']}\nVersion: {version}\n")
        points = data["entry-points"]["flowrun.operators"].items()
        lines = "".join(f"{key} = {value}\n" for key, value in points)
        (info / "entry_points.txt").write_text(f"[flowrun.operators]\n{lines}")
        self.monkeypatch.syspath_prepend(project.resolve())
        discovery.plugins.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with the flows in it; afterwards all that a command line changes is as before."""
    shutil.copytree(ROOT / "flows", tmp_path / "flows", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    if not os.environ.get("FLOWRUN_MODELS") and (SHARED / "models").is_dir():
        monkeypatch.setenv("FLOWRUN_MODELS", str(SHARED / "models"))
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hook, logger, path, modules = threading.excepthook, logging.getLogger("flowrun"), list(sys.path), set(sys.modules)
    handlers, level, propagate = logger.handlers, logger.level, logger.propagate
    yield tmp_path
    for number, handler in signals.items():
        signal.signal(number, handler)
    threading.excepthook, sys.path[:] = hook, path
    logger.handlers, logger.level, logger.propagate = handlers, level, propagate
    for name in set(sys.modules) - modules:
        if name.startswith(("flowrun_", "flowrun.operators.audio.gain")):
            del sys.modules[name]
    for cached in (discovery.plugins, discovery.find):
        cached.cache_clear()


def has_yamnet() -> bool:
    found = bundle("yamnet")
    return found.find(found.files[0].path) is not None


def needs_yamnet(command: str) -> bool:
    """Whether a command runs a flow with YAMNet in it, or asks for the model itself."""
    if re.match(r"flowrun models (pull|verify)", command):
        return True
    flow = re.match(r"flowrun (?:test |run )?(\S+\.yaml)", command)
    return bool(flow and Path(flow[1]).is_file() and "use: yamnet" in Path(flow[1]).read_text())


# The pages on training train: that needs TensorFlow.
TRAINING = {"my_sounds.md", "training.md"}
TRAINS = (pytest.mark.integration, pytest.mark.filterwarnings("ignore"))


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=TRAINS if page.name in TRAINING else (), id=page.name) for page in PAGES]
)
def test_commands_print_what_the_page_shows(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, left_out = Terminal(monkeypatch), []
    for block in blocks(page):
        if block.file:
            place(block, folder, monkeypatch)
        pairs = list(commands(block)) if block.language == "console" else []
        for i, (command, shown) in enumerate(pairs):
            if needs_yamnet(command) and not has_yamnet():
                left_out.append(f"{page.name}:{block.line}")
                break  # the commands below it show what it made
            got = terminal.run(command)
            followed = i + 1 < len(pairs) and pairs[i + 1][0] == "echo $?"
            assert followed or terminal.status == 0, f"{page.name}: {command}: status {terminal.status}\n{got}"
            if shown:
                compare(shown, got)
    if left_out:
        pytest.skip(f"YAMNet is not here, so these were not run to their end: {', '.join(left_out)}")


def place(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a file of a page where the page says; one of flowrun's own becomes part of the running flowrun."""
    path = folder / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text)
    if block.file.startswith("operators/"):
        name = "flowrun." + block.file.removesuffix(".py").replace("/", ".")
        module = imported(path, name)
        known = discovery.own_modules()
        monkeypatch.setattr(discovery, "own_modules", lambda: {**known, path.stem: name})
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0
    elif path.name.startswith("test_"):
        module = imported(path, path.stem)
        tests = [call for name, call in vars(module).items() if name.startswith("test_")]
        assert tests
        for test in tests:
            test()


def imported(path: Path, name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def yaml_blocks(wanted: Callable[[Any], bool]) -> list[Any]:
    """Return the YAML blocks of all pages whose data is wanted, as test parameters."""
    found = [(page, block) for page in PAGES for block in blocks(page) if block.language == "yaml"]
    return [
        pytest.param(block, id=f"{page.name}:{block.line}")
        for page, block in found
        if wanted(yaml.load(block.text, yaml.BaseLoader))
    ]


def uses_its_own(data: Any) -> bool:
    """Whether a flow uses the operator, or the model, that its page makes; the commands of that page run it."""
    steps = data["steps"].values()
    return any(step.get("use") == "gain" or step.get("model", "").startswith("trained/") for step in steps)


@pytest.mark.parametrize("block", yaml_blocks(lambda data: "steps" in data and not uses_its_own(data)))
def test_flows_are_good(block: Block, folder: Path) -> None:
    """All but the two that show what `check` finds."""
    path = folder / "flow.yaml"
    path.write_text(block.text)
    if block.file in ("wrong.yaml", "sirene.yaml"):
        with pytest.raises(FlowError):
            load(path, paths=False)
    else:
        assert load(path, paths=False).steps


@pytest.mark.parametrize("block", yaml_blocks(lambda data: "steps" not in data))
def test_single_steps_fit_the_schema(block: Block) -> None:
    steps = yaml.load(re.sub(r"\b(PATH|NAME|STEP)\b", "x", block.text), yaml.SafeLoader)
    jsonschema.Draft202012Validator(editor_schema(discovery.specs())).validate({"steps": steps})


def test_the_operator_reference_is_fresh() -> None:
    """`make docs` renews it."""
    page = ROOT / "docs" / "operators.md"
    fresh = page.read_text("utf-8") == reference.as_markdown(discovery.specs())
    assert fresh, "docs/operators.md is stale: run `make docs`"


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("*.md"), *ROOT.glob("docs/adr/*.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not lost


def test_shell_blocks_hold_only_the_set_up() -> None:
    """What is not run here is run by .ci/run."""
    lines = [
        line for page in PAGES for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()
    ]
    assert set(lines) == SETUP
