"""A picture of a recording: what was heard, in lanes, over the spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from flowrun.models.picture.colours import INK, LANE, LEVELS, MUTED, PAPER, Colour, class_colours, ink_on, palette
from flowrun.models.picture.curves import STRIP_HEIGHT, Curve, draw_strip
from flowrun.models.picture.lanes import Lane, Mark, Marks
from flowrun.models.picture.loudness import RANGE_DB, loudness_steps
from flowrun.models.picture.mel_axis import frequency_ticks, height_of
from flowrun.models.picture.spectrogram import ROWS, Spectrogram
from flowrun.models.picture.text import font_for, shortened, width_of
from flowrun.models.picture.time_axis import length, time_ticks, unit
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from PIL import Image

WIDTH = 1280
MARGIN, TITLE, LANE_HEIGHT, AXIS, SCALE = 24, 56, 28, 44, 96  # of the sheet, in pixels; the scale of loudness is right
GAP, TICK, BAR_INSET, THINNEST = 10, 5, 3, 4
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 20, 16, 14
NARROWEST, WIDEST = 64, 290  # of the names at the left
LANES = 12


def draw(title: str, sound: Spectrogram, marks: Marks | None, curves: Sequence[Curve] = ()) -> Image.Image:
    """Return the picture of a sound that is not empty; None for *marks* leaves their lanes out.

    Each of *curves* has a strip between the lanes and the spectrogram.
    """
    return _Sheet(sound, marks, curves).picture(title)


class _Sheet:
    """A sheet with room for what is to be drawn; x grows with time from *left* to *right*, y downwards."""

    def __init__(self, sound: Spectrogram, marks: Marks | None, curves: Sequence[Curve]) -> None:
        from PIL import Image, ImageDraw

        self.sound, self.curves = sound, curves
        self.lanes = marks.lanes(LANES) if marks else []
        self.note = _note(marks, self.lanes) if marks else ""
        labels = [lane.label for lane in self.lanes] + [curve.label for curve in curves]
        names = max([width_of(label, TEXT_SIZE) for label in labels], default=0)
        self.left = MARGIN + min(max(names, NARROWEST), WIDEST) + GAP
        self.right = WIDTH - SCALE
        self.strips = TITLE + LANE_HEIGHT * (len(self.lanes) + bool(self.note)) + (GAP if marks else 0)
        self.top = self.strips + STRIP_HEIGHT * len(curves) + (GAP if curves else 0)
        self.bottom = self.top + ROWS
        self.steps, self.loudest_db = loudness_steps(sound, self.right - self.left)
        self.image = Image.new("RGB", (WIDTH, self.bottom + AXIS), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def picture(self, title: str) -> Image.Image:
        details = f"{length(self.sound.duration_s)}, {self.sound.rate_hz / 1000:g} kHz"
        self.text(self.right, TITLE // 2, details, MUTED, anchor="rm")
        room = self.right - MARGIN - width_of(details, TEXT_SIZE) - 2 * GAP
        self.text(MARGIN, TITLE // 2, shortened(title, TITLE_SIZE, room, keep_end=True), size=TITLE_SIZE)
        colours = class_colours([lane.label for lane in self.lanes] + [curve.label for curve in self.curves])
        for i, lane in enumerate(self.lanes):
            named = i == 0 or self.lanes[i - 1].label != lane.label
            self.lane(TITLE + LANE_HEIGHT * i, lane, colours[lane.label], named=named)
        self.text(self.left, TITLE + LANE_HEIGHT * len(self.lanes) + LANE_HEIGHT // 2, self.note, MUTED)
        for i, curve in enumerate(self.curves):
            self.strip(self.strips + STRIP_HEIGHT * i, curve, colours[curve.label])
        self.axes()
        return self.in_few_colours()

    def text(
        self, x: float, y: float, text: str, colour: Colour = INK, *, anchor: str = "lm", size: int = TEXT_SIZE
    ) -> None:
        self.pen.text((x, y), text, colour, font_for(text, size), anchor)

    def x(self, time_s: float) -> float:
        share = time_s / self.sound.duration_s
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def lane(self, y: int, lane: Lane, colour: Colour, *, named: bool) -> None:
        """Draw the bars of a lane, scores in those that are long enough; beside them if the whole lane has room."""
        if named:
            label = shortened(lane.label, TEXT_SIZE, WIDEST)
            self.text(self.left - GAP, y + LANE_HEIGHT // 2, label, anchor="rm")
        self.pen.rectangle((self.left, y + 1, self.right - 1, y + LANE_HEIGHT - 2), LANE)
        bars = [self.bar(mark) for mark in lane.marks]
        room = width_of("0.00", SMALL_SIZE) + GAP
        sparse = all(start - end >= 2 * room for (_, end), (start, _) in pairwise(bars))
        middle = y + LANE_HEIGHT / 2
        for mark, (start, end) in zip(lane.marks, bars, strict=True):
            box = (start, y + BAR_INSET, end - 1, y + LANE_HEIGHT - 1 - BAR_INSET)
            self.pen.rounded_rectangle(box, min(4, (end - start) // 4), colour)
            if end - start >= room:
                self.text((start + end) / 2, middle, f"{mark.score:.2f}", ink_on(colour), anchor="mm", size=SMALL_SIZE)
            elif sparse and end + room <= self.right:
                self.text(end + GAP / 2, middle, f"{mark.score:.2f}", size=SMALL_SIZE)
            elif sparse:
                self.text(start - GAP / 2, middle, f"{mark.score:.2f}", anchor="rm", size=SMALL_SIZE)

    def bar(self, mark: Mark) -> tuple[int, int]:
        """Return where the bar of *mark* begins, and where it ends: it can always be seen."""
        start = min(round(self.x(mark.start_s)), self.right - THINNEST)
        return start, max(round(self.x(mark.end_s)), start + THINNEST)

    def strip(self, y: int, curve: Curve, colour: Colour) -> None:
        """Draw the scores of a label; at the left its name, at the right the threshold."""
        middle = y + STRIP_HEIGHT // 2
        self.text(self.left - GAP, middle, shortened(curve.label, TEXT_SIZE, WIDEST), anchor="rm")
        at = draw_strip(self.pen, (self.left, self.right, y), curve, colour, self.x)
        self.text(self.right + GAP / 2, at, f"{curve.threshold:.2f}", MUTED, size=SMALL_SIZE)

    def axes(self) -> None:
        seconds = self.sound.duration_s
        for time_s, text in time_ticks(seconds, (self.right - self.left) // 90):
            x = self.x(time_s)
            self.pen.line((x, self.bottom, x, self.bottom + TICK), MUTED)
            self.text(x, self.bottom + TICK + 3, text, MUTED, anchor="mt")
        self.text(self.right + 3 * GAP, self.bottom + TICK + 3, unit(seconds), MUTED, anchor="lt")
        for hz, text in frequency_ticks(self.sound.rate_hz, ROWS, TEXT_SIZE + 8):
            y = self.bottom - ROWS * height_of(hz, self.sound.rate_hz)
            self.pen.line((self.left - TICK, y, self.left - 1, y), MUTED)
            self.text(self.left - GAP, y, text, MUTED, anchor="rm")
        x = self.right + 3 * GAP
        self.text(x, self.top, f"{self.loudest_db:.0f} dB", MUTED, anchor="lt", size=SMALL_SIZE)
        self.text(x, self.bottom, f"{self.loudest_db - RANGE_DB:.0f} dB", MUTED, anchor="lb", size=SMALL_SIZE)

    def in_few_colours(self) -> Image.Image:
        """Return the sheet with the spectrogram on it, a byte for each pixel: a third of the size, and no slower."""
        from PIL import Image

        colours = Image.new("P", (1, 1))
        colours.putpalette(palette().tobytes())
        sheet = self.image.quantize(palette=colours, dither=Image.Dither.NONE)
        scale = np.linspace(LEVELS - 1, 0, ROWS).round().astype(np.uint8)
        for left, steps in (self.left, self.steps), (self.right + GAP, np.repeat(scale[:, None], GAP, axis=1)):
            sheet.paste(Image.frombytes("P", steps.shape[::-1], steps.tobytes()), (left, self.top))
        return sheet


def _note(marks: Marks, lanes: list[Lane]) -> str:
    """Return what the lanes do not show."""
    left_out = marks.count - sum(len(lane.marks) for lane in lanes)
    if not marks.count:
        return "no events"
    return f"+ {left_out} more {'event' if left_out == 1 else 'events'}, less certain" if left_out else ""
