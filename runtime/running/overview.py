"""The nodes of a run, looked at from outside: nothing here waits for them, and they do not notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowrun.runtime.running.node import Node
from flowrun.schemas.health import Delivery, Stats, StepHealth, StepState


def total(copies: Iterable[Node]) -> Stats:
    """Return what the copies of a step have done, added up."""
    added = Stats()
    for node in copies:
        for key in Stats.__slots__:
            setattr(added, key, getattr(added, key) + getattr(node.stats, key))
    return added


def steps(
    nodes: Mapping[str, list[Node]], states: Mapping[str, StepState], deliveries: Mapping[str, Delivery]
) -> dict[str, StepHealth]:
    """Return how it goes with each step, given the states that were told and what was sent."""
    return {name: _step(copies, states.get(name), deliveries.get(name)) for name, copies in nodes.items()}


def _step(copies: list[Node], state: StepState | None, delivery: Delivery | None) -> StepHealth:
    step, stats = copies[0].step, total(copies)
    if state and state.name == "starting" and stats.items_out:  # a source that tells no states, but gives sound
        state = StepState("listening", "", state.since)
    mailboxes = [node.mailbox for node in copies if node.mailbox is not None]
    return StepHealth(
        stats,
        live=step.spec.live,
        waiting=sum(map(len, mailboxes)),
        queue_size=sum(mailbox.size for mailbox in mailboxes) if mailboxes else None,
        state=state,
        busy_s=max(node.attention.busy_s() for node in copies),
        delivery=delivery,
        streams=tuple(stream for node in copies for stream in node.streams),
    )
