"""Networks that are kept, and how they are saved and loaded."""

from selftaught.encoders.building import EncoderSpec, build_encoder, check_encoder_name, encoder_names
from selftaught.encoders.preprocessing import Preprocessing
from selftaught.encoders.saving import PretrainedEncoder, load_encoder, save_encoder
from selftaught.encoders.small_resnet import SmallResNet
from selftaught.encoders.timm_encoder import TimmEncoder
from selftaught.encoders.weights import encoder_weights, load_weights, read_weights

__all__ = [
    "EncoderSpec",
    "Preprocessing",
    "PretrainedEncoder",
    "SmallResNet",
    "TimmEncoder",
    "build_encoder",
    "check_encoder_name",
    "encoder_names",
    "encoder_weights",
    "load_encoder",
    "load_weights",
    "read_weights",
    "save_encoder",
]
