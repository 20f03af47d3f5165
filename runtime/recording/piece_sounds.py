"""The sound in a piece of a recording."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flowrun.schemas.late import np

if TYPE_CHECKING:
    import soundfile
    from numpy.typing import NDArray


class PieceSounds:
    """Reads the sound files of the piece in *folder*; each is open from when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, soundfile.SoundFile | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            if file:
                file.close()

    def read(self, number: int, at: int, count: int) -> NDArray[np.float32]:
        """Return *count* samples of the stream *number* from *at* on; fewer where the file has no more."""
        import soundfile

        if number not in self._files:
            self._files[number] = self._opened(number)
        file = self._files[number]
        if not file or at > file.frames:
            return np.zeros(0, np.float32)
        try:
            if file.tell() != at:
                file.seek(at)
            return np.asarray(file.read(min(count, file.frames - at), dtype="float32"))
        except soundfile.LibsndfileError:
            return np.zeros(0, np.float32)

    def done(self, number: int) -> None:
        """Let go of the file of a stream that has ended."""
        file = self._files.pop(number, None)
        if file:
            file.close()

    def _opened(self, number: int) -> soundfile.SoundFile | None:
        import soundfile

        for suffix in (".flac", ".wav"):  # both are there where the writing was cut off between them
            path = self._folder / f"{number}{suffix}"
            if path.is_file():
                try:
                    return soundfile.SoundFile(path)
                except soundfile.LibsndfileError:
                    return None
        return None
