"""What a person should know about a trained model, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def model_card(manifest: Mapping[str, Any]) -> str:
    """Return the card of the bundle with this manifest."""
    trained = manifest["training"]
    quality = manifest["quality"]
    measures = "".join(f"| {name} | {value:.4f} |\n" for name, value in quality.get("values", {}).items())
    if measures:
        heading = f"## Measured on {quality['examples']:,} examples of `{quality['set']}`"
        measures = f"{heading}\n\n| measure | value |\n|---|---|\n{measures}\n"
    rows = "".join(f"| {name} | {value} |\n" for name, value in trained.items())
    files = "".join(f"| `{f['path']}` | {f['bytes']:,} | `{f['sha256']}` |\n" for f in manifest["files"])
    windows, dims = manifest["input"]["shape"]
    return f"""# {manifest["name"]}

{manifest["description"]}

* Takes: {manifest["input"]["embedding"]} embeddings, {windows} windows of {dims} numbers at once, fewer at the end of a
  stream.
* Gives: scores of {len(manifest["labels"])} classes, in [0, 1].
* Licence: {manifest["licence"]}.
* Made: {manifest["made"]}, by `{trained["command"]}`.

```yaml
scores: {{use: classifier, model: {manifest["name"]}}}
```

{measures}## Training

| option | value |
|---|---|
{rows}
## Files

| file | bytes | SHA-256 |
|---|---|---|
{files}"""
