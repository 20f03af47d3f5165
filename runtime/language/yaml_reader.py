"""YAML text to a document: plain data in which every key and value knows its line and column.

Scalars follow YAML 1.2's core schema, as editors do: `on`, `no` and `12:30` are strings. Everything YAML lets a file
do to its reader ends in one `Problem`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from flowrun.runtime.language.document import Document, Keys
from flowrun.schemas.errors import FlowError, Problem

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 40


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own contract


for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
]:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)


def read(path: Path, shown_as: str | None = None) -> Document:
    """Return the document at *path*.

    Raises:
        FlowError: the file cannot be read or is not good YAML.
    """
    file = shown_as or str(path)

    def fail(rule: str, message: str, line: int = 1, column: int = 1, remedy: str = "") -> FlowError:
        return FlowError([Problem(file, line, column, rule, message, remedy)])

    try:
        if not path.is_file():
            reason = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "no such file"
            raise fail("unreadable", reason)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise fail("unreadable", error.strerror or str(error)) from None
    if len(raw) > MAX_BYTES:
        raise fail("too-large", f"larger than {MAX_BYTES // 1024} KiB: not a flow")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise fail(
            "not-utf8", f"byte 0x{raw[error.start]:02x} is not UTF-8", line, column, "save the file as UTF-8"
        ) from None
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Return the document in *text*; *file* names it in problems.

    Raises:
        FlowError: the text is not good YAML.
    """
    document = Document(file, None, text.splitlines(), text)

    def fail(rule: str, message: str, line: int, column: int, remedy: str = "") -> FlowError:
        return FlowError([Problem(file, line, column, rule, message, remedy)])

    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1
        raise fail("yaml", f"character U+{_code(error.character):04X} is not allowed in YAML", line, column) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        rule, said, remedy = _yaml_words(error, document.lines, line)
        raise fail(rule, said, line, column, remedy) from None
    except RecursionError:
        raise fail("too-deep", "nested too deeply to be a flow", 1, 1) from None
    except ValueError as error:
        raise fail("yaml", " ".join(str(error).split()), 1, 1) from None
    if root is None:
        raise fail("empty", "the file is empty", 1, 1, "a flow has `steps:`")
    problems: list[Problem] = []
    document.data = _Builder(document, problems).value(root, ())
    if problems:
        raise FlowError(problems)
    return document


def scalar(text: str) -> Any:
    """Return *text* as YAML reads a plain scalar: a number, true, false, null or the text itself.

    >>> scalar("0.5"), scalar("7"), scalar("true"), scalar("on"), scalar("a: b")
    (0.5, 7, True, 'on', 'a: b')
    """
    loader = _Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    value = _scalar(yaml.ScalarNode(tag, text))
    return text if isinstance(value, float) and not math.isfinite(value) else value


class _Builder:
    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.problems = problems
        self.nodes = 0
        self.full = False

    def value(self, node: yaml.Node, path: Keys) -> Any:
        mark = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.document.marks[path] = mark
        self.nodes += 1
        if self.nodes > MAX_NODES or len(path) > MAX_DEPTH:
            if not self.full:
                rule = "too-deep" if len(path) > MAX_DEPTH else "too-many"
                message = f"more than {MAX_DEPTH} levels" if rule == "too-deep" else f"more than {MAX_NODES} values"
                self.complain(mark, rule, f"{message} once aliases are followed: not a flow")
            self.full = True
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self.items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value) if not self.full]
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self.complain(mark, "yaml", f"the tag {node.tag!r} has no meaning here", "remove it")
            return None
        try:
            value = _scalar(node)
        except ValueError:
            self.complain(mark, "yaml", f"{node.value[:40]!r} is not a {node.tag.rpartition(':')[2]}")
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self.complain(mark, "yaml", f"{node.value} is not a finite number", "leave the key out for no limit")
        return value

    def items(self, node: yaml.MappingNode, path: Keys) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, child in node.value:
            if self.full:
                return
            mark = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                self.complain(mark, "yaml", "a key must be plain text")
                continue
            name = str(key.value)
            if name in seen:
                self.complain(
                    mark, "duplicate-key", f"the key {name!r} stands twice (first in line {seen[name]})", "remove one"
                )
                continue
            seen[name] = mark[0]
            if name == "<<" and not key.style:
                self.complain(mark, "yaml", "merge keys (`<<`) are not part of YAML 1.2", "write the keys out")
                continue
            self.document.keys[(*path, name)] = mark
            yield name, self.value(child, (*path, name))

    def complain(self, mark: tuple[int, int], rule: str, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.document.file, *mark, rule, message, remedy))


def _scalar(node: yaml.Node) -> Any:
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if kind == "float":
        return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    return str(text)


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


def _yaml_words(error: yaml.MarkedYAMLError, lines: list[str], line: int) -> tuple[str, str, str]:
    at = lines[line - 1] if line <= len(lines) else ""
    if "'\\t'" in str(error.problem) or re.match(r" *\t", at):
        return "tab", "YAML does not allow tabs for indentation", "use spaces"
    said = f"{error.context}, {error.problem}" if error.context else str(error.problem)
    remedy = ""
    if "expected <block end>" in said or "mapping values are not allowed" in said:
        remedy = "check the indentation of this line and the one above"
    elif "undefined alias" in said:
        remedy = "define it with & first"
    return "yaml", f"not good YAML: {' '.join(said.split())}", remedy
