"""What people are told of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any

from flowrun.schemas.event import FIELDS, as_data
from flowrun.schemas.ports import Event
from flowrun.schemas.stream_info import Mismatch, nearest

NAMES = (*FIELDS, "time")
SAMPLE = as_data(Event("1", "mic", "Glass", 0.5, 1.0, 2.0))
LABELS = 5  # that a summary names
Row = Mapping[str, Any]  # an event as JSON has it


@dataclass(frozen=True, slots=True)
class Templates:
    """A title and a body with the fields of an event in braces, and {time}: when it was heard, as it is called here."""

    title: str
    body: str

    def of(self, event: Row) -> tuple[str, str]:
        """Return title and body for one event.

        >>> Templates("{label}!", "{score:.0%} in {stream}").of(SAMPLE)
        ('Glass!', '50% in mic')
        """
        fields = {key: "" if value is None else value for key, value in event.items()}
        fields["time"] = local(str(fields["heard_at"]))
        return self.title.format(**fields).strip(), self.body.format(**fields).strip()

    def of_many(self, events: Sequence[Row]) -> tuple[str, str]:
        """Return title and body for what is more than may be told one by one.

        >>> Templates("", "").of_many([SAMPLE, SAMPLE, {**SAMPLE, "label": "Dog"}])[0]
        'and 3 more: 2 Glass, 1 Dog'
        """
        counts = Counter(str(event["label"]) for event in events).most_common()
        shown = [f"{count} {label}" for label, count in counts[:LABELS]]
        if others := sum(count for _, count in counts[LABELS:]):
            shown.append(f"{others} of other kinds")
        title = f"and {len(events)} more: {', '.join(shown)}"
        times = sorted(str(event["heard_at"]) for event in events if event["heard_at"])
        between = f"from {local(times[0])} to {local(times[-1])}, " if times else ""
        return title, f"{between}in {', '.join(sorted({str(event['stream']) for event in events})[:LABELS])}"


def check_template(option: str, template: str) -> None:
    """Refuse a template that cannot be filled in for any event.

    Raises:
        Mismatch: so it is.
    """
    try:
        parts = [part for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise Mismatch(f"{option} {template!r}: {error}", option) from error
    for _, name, form, _ in parts:
        if name not in NAMES:
            raise Mismatch(f"{option} has no field {name!r}", option, remedy=nearest(str(name), NAMES))
        if form and name not in ("score", "start_s", "end_s", "version"):
            raise Mismatch(f"{option}: {name} is text and takes no format, as {form!r} is", option)
    try:
        Templates(template, "").of(SAMPLE)
    except (ValueError, TypeError) as error:
        raise Mismatch(f"{option} {template!r}: {error}", option) from error


def local(heard_at: str) -> str:
    """Return a UTC time as clocks show it here; nothing for nothing."""
    if not heard_at:
        return ""
    return datetime.fromisoformat(heard_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
