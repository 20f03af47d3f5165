"""What tests share: the reference data, and a way to play items through one operator."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reactivex
from numpy.typing import NDArray

from flowrun.schemas.ports import Audio
from flowrun.schemas.redaction import forget
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import spec_of
from tests.pulse import FORM, Pulse

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data, which is no part of the project."""
    folder = Path(os.environ.get("FLOWRUN_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "reference").is_dir():
        pytest.skip(f"no reference data in {folder}: set FLOWRUN_SHARED to the folder that holds it")
    return folder


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """What one test keeps secret is no secret of the next."""
    yield
    forget()


@pytest.fixture
def models(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of real models, where flowrun looks for them."""
    monkeypatch.setenv("FLOWRUN_MODELS", str(shared / "models"))
    return shared / "models"


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of golden files."""
    return Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def blocks() -> Callable[..., list[Audio]]:
    """A function that cuts samples into blocks: all of one size, or at the positions in a list."""

    def cut(
        samples: NDArray[Any], sizes: int | Sequence[int], *, rate_hz: int = 16000, stream: str = "s", start: int = 0
    ) -> list[Audio]:
        positions = range(0, len(samples), sizes) if isinstance(sizes, int) else [0, *sizes]
        edges = [*positions, len(samples)]
        return [
            Audio(
                np.asarray(samples[a:b], np.float32),
                rate_hz,
                stream,
                start + a,
                BEGAN_AT + timedelta(seconds=(start + a) / rate_hz),
                last=i == len(edges) - 2,
            )
            for i, (a, b) in enumerate(pairwise(edges))
        ]

    return cut


@pytest.fixture
def pulse(request: pytest.FixtureRequest) -> Iterator[Pulse]:
    """A sound server of our own, started; its sinks are those of the test's parameter, or one that is `quiet`."""
    if not shutil.which("pulseaudio") or not shutil.which("pactl"):
        pytest.skip("pulseaudio and pactl are not installed: apt-get install pulseaudio pulseaudio-utils")
    with tempfile.TemporaryDirectory(prefix="pulse") as folder:
        server = Pulse(Path(folder), getattr(request, "param", {"quiet": FORM}))
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture
def play() -> Callable[..., list[Any]]:
    """A function that plays items into the first port of an operator, and returns what its first output gives."""

    def played(operator: Callable[..., Any], items: Iterable[Any] = (), **config: Any) -> list[Any]:
        spec = spec_of(operator)
        ports: dict[str, Any] = {port: reactivex.empty() for port in spec.inputs}
        ports |= {port: reactivex.from_iterable(items) for port in list(spec.inputs)[:1]}
        if spec.run_parameter:
            config = {spec.run_parameter: Alone(), **config}
        given = operator(**ports, **config)
        received: list[Any] = []
        errors: list[Exception] = []
        output = given[0] if isinstance(given, tuple) else given
        output.subscribe(received.append, errors.append)
        for error in errors:
            raise error
        return received

    return played
