"""Every benchmark of this folder, one after the other, in one table: `make bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from measure import Row, report

HERE = Path(__file__)


def main() -> None:
    """Run them all; one that fails is a row of its own."""
    rows = []
    for path in sorted(HERE.parent.glob("*.py")):
        if path.name in (HERE.name, "measure.py", "forerunner.py", "youtube8m.py"):
            continue
        run = subprocess.run([sys.executable, str(path), "--json"], capture_output=True, text=True)
        if run.returncode:
            reason = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
            rows.append(Row(path.stem, f"failed: {reason}", float("nan"), ""))
            continue
        rows += [Row(**row) for row in json.loads(run.stdout)]
    report(rows)


if __name__ == "__main__":
    main()
