"""Speech: a text spoken by the voice that the extra `voice` installs. English only."""

import importlib
import unicodedata

import av
import numpy as np

from studio.errors import UnusableDraftError
from studio.render.music import RATE, Samples

# The same words sound the same every time.
_SEED = 0


def speak(text: str) -> Samples:
    """Two channels at 48 kHz.

    Raises:
        UnusableDraftError: no voice is installed, or it cannot speak the text.
    """
    foreign = next((c for c in text if c.isalpha() and not unicodedata.name(c, "").startswith("LATIN")), None)
    if foreign:
        raise UnusableDraftError(
            f"The text “{text[:40]}” cannot be spoken: the voice speaks English only."
            " Show it as a caption instead."
        )
    try:
        hibari = importlib.import_module("hibari")
    except ImportError as error:
        raise UnusableDraftError(
            "The draft asks for spoken words, and no voice is installed."
            " Run `make voice`, or install hibari-tts."
        ) from error
    spoken = np.asarray(hibari.Hibari()(text, seed=_SEED), np.float32)
    frame = av.AudioFrame.from_ndarray(spoken[None, :], format="fltp", layout="mono")
    frame.sample_rate = hibari.SAMPLE_RATE
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    parts = [part.to_ndarray() for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts, axis=1).astype(np.float32, copy=False)
