"""What a person should know about a trained model, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def model_card(manifest: Mapping[str, Any]) -> str:
    """Return the card of the bundle with this manifest."""
    trained = manifest["training"]
    quality = manifest["quality"]
    measures = "".join(f"| {name} | {_shown(value)} |\n" for name, value in quality.get("values", {}).items())
    if measures:
        by = f", by {quality['method']}" if "method" in quality else ""
        heading = f"## Measured on {quality['examples']:,} examples of `{quality['set']}`{by}"
        measures = f"{heading}\n\n| measure | value |\n|---|---|\n{measures}\n{_classes(quality.get('classes', {}))}"
    rows = "".join(f"| {name} | {value} |\n" for name, value in trained.items())
    files = "".join(f"| `{f['path']}` | {f['bytes']:,} | `{f['sha256']}` |\n" for f in manifest["files"])
    return f"""# {manifest["name"]}

{manifest["description"]}

* Takes: {_taken(manifest["input"])}.
* Gives: scores of {len(manifest["labels"])} classes, in [0, 1].
* Licence: {manifest["licence"]}.
* Made: {manifest["made"]}, by `{trained["command"]}`.

```yaml
scores: {{use: recognise, model: {manifest["name"]}}}
```

{measures}## Training

| option | value |
|---|---|
{rows}
## Files

| file | bytes | SHA-256 |
|---|---|---|
{files}"""


def _taken(taken: Mapping[str, Any]) -> str:
    windows, numbers = taken["shape"]
    if "embedding" in taken:
        return (
            f"{taken['embedding']} embeddings, {windows} windows of {numbers} numbers at once, fewer in a short stream"
        )
    return f"patches of {windows} frames by {numbers} bins, as `{taken['front_end']}` makes them"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _classes(classes: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the table of the classes, where they were measured one by one."""
    if not classes:
        return ""
    columns = list(next(iter(classes.values())))
    rows = "".join(
        f"| {label} | {' | '.join(str(v) if isinstance(v, int) else _shown(v) for v in row.values())} |\n"
        for label, row in classes.items()
    )
    return f"| class | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n{rows}\n"
