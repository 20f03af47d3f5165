"""Speech, by the program espeak-ng: many voices, many languages, sentences of every day."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

from flowrun.models.synthesis.timeline import peaking
from flowrun.schemas.errors import ModelError
from flowrun.schemas.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROGRAM = "espeak-ng"
VARIANTS = ("", *(f"+m{i}" for i in range(1, 9)), *(f"+f{i}" for i in range(1, 6)), "+klatt2", "+croak", "+whisper")
LEVELS_DB = (-20.0, -1.0)
SENTENCES = {
    "en-us": (
        "Could you open the window, please? It is rather warm in here.",
        "The train to the airport leaves at a quarter past nine.",
        "I have told you many times that the dog must not sleep on the bed.",
        "Hello? Is anybody at home?",
        "One, two, three, four, five, six, seven.",
    ),
    "en-gb": (
        "Good evening, and here is the news.",
        "Mind the step, it is slippery when it rains.",
        "Would you like another cup of tea before we go?",
        "Help! Somebody call the police!",
    ),
    "de": (
        "Guten Morgen, hast du gut geschlafen?",
        "Der nächste Zug fährt heute leider zehn Minuten später.",
        "Wo habe ich nur wieder meinen Schlüssel hingelegt?",
    ),
    "fr-fr": (
        "Bonjour, je voudrais deux croissants et un café.",
        "Il fait beau aujourd'hui, allons nous promener au bord de la mer.",
        "Attention, la porte est ouverte !",
    ),
    "es": (
        "¿Dónde está la estación, por favor?",
        "Mañana vamos a la playa con los niños.",
        "No te olvides de cerrar la puerta.",
    ),
    "it": ("Buongiorno a tutti, come state?", "La cena è pronta, venite a tavola!"),
    "pt-br": ("Bom dia, tudo bem com você?", "Vou chegar um pouco mais tarde hoje."),
    "nl": ("Het regent al de hele dag.", "Wil je nog een kopje koffie?"),
    "sv": ("God morgon, hur mår du i dag?", "Bussen kommer om fem minuter."),
    "pl": ("Dzień dobry, poproszę bilet do Krakowa.", "Gdzie są moje okulary?"),
    "ru": ("Доброе утро, как дела?", "Поезд отправляется через пять минут."),
    "uk": ("Добрий день, як ваші справи?", "Зачиніть, будь ласка, двері."),
    "tr": ("Merhaba, bugün hava çok güzel.", "Bir bardak su alabilir miyim?"),
    "el": ("Καλημέρα, τι κάνεις;", "Θα έρθω σε λίγο."),
    "hi": ("नमस्ते, आप कैसे हैं?", "आज मौसम बहुत अच्छा है।"),
    "id": ("Selamat pagi, apa kabar?", "Tolong tutup pintunya."),
    "fi": ("Hyvää huomenta, mitä kuuluu?", "Missä minun avaimeni ovat?"),
    "vi": ("Xin chào, bạn có khỏe không?", "Hôm nay trời đẹp quá."),
}


def speech(random: np.random.Generator, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Return one or two sentences in any voice and language, shape (n,).

    Raises:
        ModelError: espeak-ng is not installed, or it failed.
    """
    languages = list(SENTENCES)
    language = languages[random.integers(len(languages))]
    sentences = SENTENCES[language]
    chosen = random.choice(len(sentences), random.integers(1, 3), replace=False)
    voice = language + VARIANTS[random.integers(len(VARIANTS))]
    said = spoken(
        " ".join(sentences[i] for i in chosen),
        voice=voice,
        words_per_minute=int(random.integers(120, 220)),
        pitch=int(random.integers(20, 85)),
        rate_hz=rate_hz,
    )
    return peaking(said, random.uniform(*LEVELS_DB))


def spoken(text: str, *, voice: str, words_per_minute: int, pitch: int, rate_hz: int = 16000) -> NDArray[np.float64]:
    """Return *text* as espeak-ng says it, float64, shape (n,).

    Args:
        text: In the language of the voice.
        voice: A language and, after a "+", a variant: "en-us+f3". `espeak-ng --voices` lists them.
        words_per_minute: How fast; 80 to 450.
        pitch: How high; 0 to 99.
        rate_hz: Rate of the samples.

    Raises:
        ModelError: espeak-ng is not installed, or it failed.
    """
    import soundfile
    import soxr

    command = [find_program(), "--stdout", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdin"]
    # In a group of its own: Ctrl-C is for flowrun, which finishes its stream.
    done = subprocess.run(command, input=text.encode(), capture_output=True, process_group=0)
    if done.returncode or not done.stdout:
        told = " ".join(done.stderr.decode(errors="replace").split())
        raise ModelError(f"{PROGRAM} cannot say it with the voice {voice!r}: {told or f'status {done.returncode}'}")
    samples, source_hz = soundfile.read(io.BytesIO(done.stdout))
    resampled: NDArray[np.float64] = soxr.resample(samples, source_hz, rate_hz)
    return resampled


def find_program() -> str:
    """Return the path of espeak-ng.

    Raises:
        ModelError: it is not installed.
    """
    found = shutil.which(PROGRAM)
    if found is None:
        raise ModelError(f"speech is made by {PROGRAM}, which is not installed: apt-get install {PROGRAM}")
    return found
