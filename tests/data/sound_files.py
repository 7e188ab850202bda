"""Sound files to try loaders on."""

import io

import numpy as np
import soundfile


def tone(count, rate=8000, hertz=440.0, channels=1):
    samples = 0.5 * np.sin(2 * np.pi * hertz * np.arange(count) / rate)
    return samples.astype(np.float32) if channels == 1 else np.stack([samples] * channels, 1).astype(np.float32)


def encoded(samples, rate=8000, form="WAV", subtype=None):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def write(path, samples, rate=8000, form=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(samples, rate, form or path.suffix[1:].upper()))
    return path
