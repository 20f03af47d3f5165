"""A way from audio to what a model gives: operators, one behind the other, inside one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

from reactivex import Observable
from reactivex import operators as ops

from flowrun.schemas.kernel import each, fork
from flowrun.schemas.ports import Audio, Embeddings, Failed, Scores
from flowrun.schemas.spec import Spec, spec_of
from flowrun.schemas.stream_info import StreamInfo


class Link(NamedTuple):
    """An operator with one input, as configured; `call` is its function, or one that keeps its outputs together."""

    spec: Spec
    call: Callable[..., Observable[Any]]
    options: Mapping[str, Any]


def link(operator: Callable[..., Any], call: Callable[..., Observable[Any]] | None = None, **options: Any) -> Link:
    """Return a link of *operator*, or of *call* in its place."""
    return Link(spec_of(operator), call or operator, options)


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a model's output.

    links: from audio to embeddings, or (*paired*) to pairs of scores and embeddings. classifier: what the model itself
    is, where it works on the embeddings of another.
    """

    links: tuple[Link, ...]
    paired: bool = False
    classifier: Link | None = None

    @property
    def gives_scores(self) -> bool:
        """Whether it ends in scores."""
        return self.paired or self.classifier is not None

    @property
    def gives_embeddings(self) -> bool:
        """Whether it ends in embeddings of the model's own."""
        return self.classifier is None

    def embeddings(self, audio: Observable[Audio]) -> Observable[Embeddings]:
        """Return the embeddings at the end of the links, and the failures on the way."""
        items = self._walk(audio)
        return each(items, lambda pair: pair[1]) if self.paired else items

    def outputs(self, audio: Observable[Audio]) -> tuple[Observable[Scores], Observable[Embeddings]]:
        """Return the scores and the embeddings; failures take the first."""
        if self.classifier is None:
            return fork(self._walk(audio))
        shared = self.embeddings(audio).pipe(ops.share())
        scores = self.classifier.call(shared, **self.classifier.options)
        return scores, shared.pipe(ops.filter(lambda item: not isinstance(item, Failed)))

    def info(self, audio: StreamInfo) -> StreamInfo:
        """Return what is known at its end.

        Raises:
            Mismatch: the audio, or an option, does not fit.
        """
        return reduce(_info_behind, (*self.links, *([self.classifier] if self.classifier else [])), audio)

    def _walk(self, audio: Observable[Any]) -> Observable[Any]:
        return reduce(lambda items, link: link.call(items, **link.options), self.links, audio)


def _info_behind(info: StreamInfo, link: Link) -> StreamInfo:
    (port,) = link.spec.inputs
    rules = link.spec.parameters["properties"]
    options = {name: rule.get("default") for name, rule in rules.items()} | dict(link.options)
    given = link.spec.info(**{port: info}, **options)
    return replace(given, step=link.spec.name, embedding=given.embedding or info.embedding)
