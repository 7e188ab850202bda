"""Small video files, each frame of which says its number by its brightness."""

from pathlib import Path

import numpy as np
import pytest


def shades(frames: int, height: int = 24, width: int = 32) -> np.ndarray:
    """Frame k is all 8 k."""
    numbers = (8 * np.arange(frames) % 256).astype(np.uint8)
    return np.broadcast_to(numbers[:, None, None, None], (frames, height, width, 3)).copy()


def write_video(path: Path, frames: np.ndarray, *, codec: str = "mpeg4", key_every: int = 6) -> Path:
    """Encode frames; only every so many can be decoded without those before."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size, stream.bit_rate = key_every, 2_000_000
        for frame in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def numbers_of(frames: np.ndarray) -> list[int]:
    """Which frames these are."""
    return np.rint(np.asarray(frames, float).reshape(len(frames), -1).mean(1) / 8).astype(int).tolist()
