"""How long the command line takes to be there, against Python itself with PyYAML and jsonschema."""

from __future__ import annotations

import subprocess
import sys

from measure import Row, flowrun, processes, report

HEAVY = ("tensorflow", "numba", "scipy", "ai_edge_litert", "resampy", "soxr", "soundfile", "numpy")
FLOW = "flows/classify_file.yaml"


def imported(*arguments: str) -> list[str]:
    """Return which of the heavy modules a command imports."""
    program = (
        "import contextlib, io, sys\n"
        "from flowrun.runtime.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.split()


def main() -> None:
    """Measure."""
    took = processes(
        {
            "bare": [sys.executable, "-c", "pass"],
            "yaml": [sys.executable, "-c", "import yaml, jsonschema"],
            "help": flowrun("--help"),
            "check": flowrun("check", FLOW),
        },
        15,
    )
    seconds = {name: wall for name, (wall, _) in took.items()}
    rows = [
        Row("start_up", "python -c pass", 1000 * seconds["bare"], "ms"),
        Row("start_up", "python -c 'import yaml, jsonschema'", 1000 * seconds["yaml"], "ms"),
        Row("start_up", "flowrun --help, times that", seconds["help"] / seconds["yaml"], "x", "<= 2"),
        Row("start_up", "flowrun check classify_file, times that", seconds["check"] / seconds["yaml"], "x", "<= 3"),
    ]
    for arguments in (("--help",), ("check", FLOW)):
        found = imported(*arguments)
        what = f"heavy modules imported by flowrun {' '.join(arguments)}"
        rows.append(Row("start_up", what, len(found), f"({', '.join(found) or 'none'})", "none but numpy"))
    report(rows)


if __name__ == "__main__":
    main()
