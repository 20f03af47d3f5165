"""Events to a web address."""

from __future__ import annotations

from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.webhook.request import fault
from flowrun.operators._delivery.delivery import MEGABYTES_100, WEEK_S, KeepBytes, KeepS, Limits, deliver
from flowrun.operators.sinks._webhook_link import WebhookLink
from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, url: str, headers: dict[str, str] | None, **_: Any) -> StreamInfo:
    for option, wrong in fault(url, headers or {}).items():
        raise Mismatch(wrong, option)
    return StreamInfo()


@operator(info=_info)
def webhook(
    events: Observable[Event],
    *,
    url: Annotated[str, Field(example='"https://example.org/events"')],
    secret: Annotated[str | None, Field(secret=True)] = None,
    headers: dict[str, str] | None = None,
    timeout_s: Annotated[float, Field("s", gt=0, le=300)] = 10.0,
    allow_private: bool = True,
    keep_s: KeepS = WEEK_S,
    keep_bytes: KeepBytes = MEGABYTES_100,
    run: Run,
) -> Sink:
    """Send each event to a web address, as JSON by POST, and nothing is lost on the way.

    An event lies in the outbox until the receiver answers with a status from 200 to 299; see docs/delivery.md. A
    receiver that fails or is not there is asked again, first after a second, then less and less often, at most 5 min
    apart or when `Retry-After` says; events come in order. What it refuses, as with 400 or 422, is a dead letter. An
    event may come twice, with the same header `Idempotency-Key`, which is its id.

    Args:
        url: Where events go; http or https. It is shown without its path, which may be a secret.
        secret: Signs each message, in the header `X-Flowrun-Signature`.
        headers: What else the receiver wants to have, such as `Authorization`.
        timeout_s: How long the receiver may take to answer.
        allow_private: Whether the address may be one of this machine, or of a private network.
        keep_s: How long an event waits for the receiver.
        keep_bytes: How much of the disk those that wait may take.
    """
    return deliver(
        events,
        lambda: WebhookLink(url, secret, headers or {}, timeout_s, run, allow_private=allow_private),
        run,
        limits=Limits(keep_s, keep_bytes),
    )
