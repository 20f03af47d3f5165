"""Trains every architecture on AudioSet and writes the table of docs/training.md.

    FLOWRUN_AUDIOSET=audioset_v1_embeddings python docs/make_training_table.py [FOLDER]

FOLDER is where the trainings go, `trained` without it; what is finished there is not repeated, so a run that was
interrupted goes on, and a second run only writes the table.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowrun.models.atomic_file import atomic_file

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "training.md"
BEGIN, END = "<!-- table: python docs/make_training_table.py -->\n", "<!-- end of table -->"

# What devicehive-audio-analysis reports: Hit@1 of its evaluation, and its time on a GTX 970.
SEED = {"logistic": (0.5560, "14 min"), "dbof": (0.5220, "32 min"), "lstm": (0.4581, "1 h 46 min")}
# Kong et al. 2018 and 2019, Yu et al. 2018: mAP on AudioSet's evaluation set of networks on the same embeddings.
LITERATURE = """
Networks in the literature learn from all two million examples, a hundred times as many: the mAP of Google's baseline is
0.314, that of [attention](https://arxiv.org/abs/1711.00927) 0.327, of
[multi-level attention](https://arxiv.org/abs/1803.02353) 0.360, and of
[feature-level attention](https://arxiv.org/abs/1903.00765) 0.369.
"""


def trained(name: str, folder: Path) -> Mapping[str, Any]:
    """Train an architecture, as far as that is still to do; return the manifest of its bundle."""
    out = folder / name
    flow = ROOT / "flows" / f"train_{name}.yaml"
    subprocess.run([sys.executable, "-m", "flowrun.runtime.cli", str(flow), "--set", f"vars.out={out}"], check=True)
    manifest: Mapping[str, Any] = json.loads((out / f"audioset_{name}" / "model.json").read_text("utf-8"))
    return manifest


def row(name: str, manifest: Mapping[str, Any]) -> str:
    """Return a line of the table."""
    values, training = manifest["quality"]["values"], manifest["training"]
    seed, seed_time = SEED.get(name, (None, ""))
    cells = [
        name,
        f"{seed:.4f} in {seed_time}" if seed else "",
        *(f"{values[measure]:.4f}" for measure in ("Hit@1", "PERR", "GAP@20", "mAP", "mAUC")),
        f"{training['epochs']}",
        f"{training['seconds']:,.0f}",
    ]
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Train, and write the table."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "trained")
    manifests = {name: trained(name, folder) for name in ("logistic", "moe", "dbof", "lstm", "attention")}
    examples = manifests["logistic"]["quality"]["examples"]
    table = (
        "Trained on AudioSet's balanced set, 22,160 examples, on one or two cores without a GPU, and measured on\n"
        f"{examples:,} examples of its evaluation set. devicehive-audio-analysis took 100 epochs, on a GTX 970.\n\n"
        "| model | devicehive-audio-analysis, Hit@1 | Hit@1 | PERR | GAP@20 | mAP | mAUC | epochs | seconds |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    table += "".join(row(name, manifest) for name, manifest in manifests.items()) + LITERATURE
    page = PAGE.read_text("utf-8")
    with atomic_file(PAGE) as out:
        out.write(re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{table}{END}", page, flags=re.S))


if __name__ == "__main__":
    main()
