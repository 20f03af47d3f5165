"""The flow: its graph, its text, its thresholds, and whether it listens."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from flowrun.operators.sinks._web.endpoint import Asked, Endpoint, Refused
from flowrun.operators.sinks._web.shapes import BOOL, DONE, FLOW, SCORE, TEXT, an_object, or_null
from flowrun.schemas.plan import Changes
from flowrun.schemas.run import Run

Data = dict[str, Any]
BY = "the web page"


class Flow:
    """The endpoints of the flow of *run*."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def endpoints(self) -> list[Endpoint]:
        """Return them."""
        one = an_object(step=TEXT, label=or_null(TEXT), value=SCORE)
        paused = an_object(paused=BOOL)
        return [
            Endpoint("GET", "flow", "The graph, the text and the thresholds.", self.flow, FLOW),
            Endpoint(
                "PUT",
                "thresholds",
                "Try one, until the run ends.",
                self.set,
                DONE,
                body=one,
                refuses=(404, 409, 413),
            ),
            Endpoint("DELETE", "thresholds", "Go by the thresholds of the flow again.", self.forget, DONE),
            Endpoint(
                "GET",
                "flow.yaml",
                "The flow with the thresholds that are tried; the file on disk stays as it is.",
                self.export,
                ("application/yaml",),
                refuses=(409,),
            ),
            Endpoint("PUT", "paused", "Listen, or do not.", self.pause, paused, body=paused, refuses=(409,)),
        ]

    def flow(self, asked: Asked) -> Data:
        """Return the flow."""
        plan, changes = self._run.plan, self._changes()
        return {
            "name": plan.name,
            "yaml": plan.text,
            "nodes": [
                {"name": name, "use": step.use, "group": step.group, "live": step.live}
                for name, step in plan.steps.items()
            ],
            "edges": [
                {"from": link.source, "to": link.target, "port": link.port, "carries": link.carries}
                for link in plan.links
            ],
            "thresholds": [
                {
                    "step": written.step,
                    "label": written.label,
                    "value": changes.get((written.step, written.label), written.value),
                    "written": written.value,
                }
                for written in plan.thresholds
            ],
        }

    def set(self, asked: Asked) -> Data:
        """Try a threshold."""
        step, label, value = asked.body["step"], asked.body["label"], asked.body["value"]
        if (step, label) not in {(written.step, written.label) for written in self._run.plan.thresholds}:
            raise Refused(404, f"the flow has no threshold of {label!r} in {step!r}: `GET flow` lists them")
        try:
            if label is None:
                self._run.control.set_all_thresholds(step, value, BY)
            else:
                self._run.control.set_threshold(step, label, value, BY)
        except ValueError as error:
            raise Refused(409, str(error)) from error
        return {"ok": True}

    def forget(self, asked: Asked) -> Data:
        """Go by the flow again."""
        self._run.control.forget_thresholds(BY)
        return {"ok": True}

    def export(self, asked: Asked) -> Response:
        """Return the text of the flow as it is tried."""
        try:
            text = self._run.plan.edited(self._changes())
        except ValueError as error:
            raise Refused(409, str(error)) from error
        name = re.sub(r"[^A-Za-z0-9._-]", "_", self._run.plan.name) or "flow"
        headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
        return Response(text.encode("utf-8", "replace"), media_type="application/yaml", headers=headers)

    def pause(self, asked: Asked) -> Data:
        """Listen, or do not."""
        try:
            (self._run.control.pause if asked.body["paused"] else self._run.control.resume)(BY)
        except ValueError as error:
            raise Refused(409, str(error)) from error
        return {"paused": self._run.control.paused is not None}

    def _changes(self) -> Changes:
        """Return the thresholds that are tried; where all labels of a step have one, it is that of the label None."""
        changes: dict[tuple[str, str | None], float] = {}
        for step, changed in self._run.control.thresholds_set().items():
            for_all = any(w.step == step and w.label is None for w in self._run.plan.thresholds)
            if for_all and len(set(changed.values())) == 1:
                changes[step, None] = next(iter(changed.values()))
            else:
                changes |= {(step, label): value for label, value in changed.items()}
        return changes
