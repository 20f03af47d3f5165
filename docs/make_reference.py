"""Writes docs/operators.md from the declarations of the operators: `make docs`."""

from pathlib import Path

from flowrun.runtime import discovery, reference

if __name__ == "__main__":
    Path(__file__).with_name("operators.md").write_text(reference.as_markdown(discovery.specs()), "utf-8")
