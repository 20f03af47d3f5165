"""Messages to people: e-mail, ntfy, Telegram, ..."""

from __future__ import annotations

from typing import Annotated, Any

from reactivex import Observable
from reactivex import operators as ops

from flowrun.operators._delivery.delivery import MEGABYTES_100, WEEK_S, KeepBytes, KeepS, Limits, deliver
from flowrun.operators.sinks._message import Templates, check_template
from flowrun.operators.sinks._notification import Notification, services_of
from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, urls: list[str], title: str, body: str, **_: Any) -> StreamInfo:
    if not urls or not all("://" in url for url in urls):
        raise Mismatch("urls must have addresses such as ntfy://TOPIC", "urls")
    check_template("title", title)
    check_template("body", body)
    return StreamInfo()


@operator(info=_info)
def notify(
    events: Observable[Event],
    *,
    urls: Annotated[list[str], Field(secret=True, example='["ntfy://a-topic-of-mine"]')],
    title: str = "{label}",
    body: str = "{time} in {stream}, score {score:.2f}",
    at_most: Annotated[int, Field("messages in a minute", ge=1)] = 5,
    attach_clip: bool = False,
    keep_s: KeepS = WEEK_S,
    keep_bytes: KeepBytes = MEGABYTES_100,
    run: Run,
) -> Sink:
    """Tell people of each event, by e-mail, ntfy, Telegram, Signal, Slack and whatever else Apprise sends to.

    An event lies in the outbox until every address has taken it; see docs/delivery.md. What is more than `at_most`
    waits until the minute is over, or the flow ends, and is told in one message: "and 12 more: 9 Glass, 3 Dog".
    Templates have the fields of an event in braces, as `{label}` or `{score:.0%}`, and `{time}`, when it was heard as
    clocks show it here. Needs `flowrun[notify]`; https://appriseit.com/services/ tells how addresses are written. They
    are secrets.

    Args:
        urls: Addresses as Apprise has them, such as mailtos://USER:PASSWORD@HOST?to=ADDRESS or ntfys://TOKEN@HOST/TOPIC.
        title: Title of the message, and subject of an e-mail.
        body: The text below it.
        at_most: More than so many are told in one.
        attach_clip: Send the clip too, where the service takes files; the step must read that of `clip_archiver`.
        keep_s: How long an event waits for those it is to be told to.
        keep_bytes: How much of the disk those that wait may take.
    """
    link = Notification(services_of(urls), Templates(title, body), at_most, attach_clip)
    ending = events.pipe(ops.do_action(on_completed=link.finish))
    return deliver(ending, lambda: link, run, limits=Limits(keep_s, keep_bytes))
