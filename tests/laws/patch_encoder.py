"""A vision transformer small enough for the laws."""

from selftaught.encoders import VisionTransformer


def one_block_transformer() -> VisionTransformer:
    """small_vit for 16 pixels with one of its blocks."""
    encoder = VisionTransformer("small_vit", image_size=16)
    encoder.network.blocks = encoder.network.blocks[:1]
    return encoder
