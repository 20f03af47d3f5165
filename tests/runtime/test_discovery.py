"""Operators are found by file name, and by entry point in other packages."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from flowrun.runtime import discovery

PLUGIN = '''
"""A plug-in."""
from reactivex import Observable
from flowrun.schemas.kernel import each
from flowrun.schemas.ports import Audio
from flowrun.schemas.spec import operator


@operator
def invert(audio: Observable[Audio], *, gain: float = 1.0) -> Observable[Audio]:
    """Turn the signal upside down.

    Args:
        gain: Factor.
    """
    return each(audio, lambda a: Audio(-gain * a.samples, a.rate_hz, a.stream, a.start_sample, last=a.last))
'''
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "flowrun-invert"
version = "1"
[project.entry-points."flowrun.operators"]
invert = "flowrun_invert:invert"
[tool.setuptools]
py-modules = ["flowrun_invert"]
"""
FLOW = """
steps:
  mic: {use: audio_file, path: none.wav}
  upside_down: {use: invert, gain: 0.5}
  dbfs: {use: level, window_s: 0.5}
tests:
  - name: half the amplitude is 6 dB less
    play: {step: mic, signal: tone, level_db: -20, duration_s: 0.5}
    expect: {dbfs: [{level: {about: -26.02, within: 0.01}}]}
"""


def test_every_file_of_ours_declares_the_operator_it_is_named_after() -> None:
    for name in discovery.own_modules():
        spec = discovery.find(name)
        assert spec is not None
        assert spec.name == name


def test_an_unknown_name_is_none() -> None:
    assert discovery.find("no_such_operator") is None


def test_a_plug_in_installed_beside_flowrun_is_used_like_our_own(tmp_path: Path) -> None:
    package, site, flow = tmp_path / "package", tmp_path / "site", tmp_path / "flow.yaml"
    package.mkdir()
    (package / "flowrun_invert.py").write_text(PLUGIN)
    (package / "pyproject.toml").write_text(PROJECT)
    flow.write_text(FLOW)
    target = ["install", "--quiet", "--no-deps", "--target", str(site), str(package)]
    has_pip = find_spec("pip") is not None
    subprocess.run([sys.executable, "-m", "pip", *target] if has_pip else ["uv", "pip", *target], check=True)
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from flowrun.runtime.cli import main; sys.exit(main())"

    def flowrun(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)

    tested = flowrun("test", str(flow))
    assert "1 passed, 0 failed" in tested.stdout, tested.stderr
    assert "invert" in flowrun("list").stdout
    assert "Turn the signal upside down." in flowrun("describe", "invert").stdout
    checked = flowrun("check", str(flow), "--set", "steps.upside_down.gian=2")
    assert "unknown key 'gian'; did you mean 'gain'?" in checked.stdout
    assert checked.returncode == 2


def test_a_module_that_forgot_the_decorator_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "plugins", lambda: {"dumps": "json:dumps"})
    with pytest.raises(TypeError, match=r"json:dumps is not an operator .* did you forget `@operator`"):
        discovery.find("dumps")
