"""Networks that are kept, and how they are saved and loaded."""

from selftaught.encoders.audio_preprocessing import AudioPreprocessing
from selftaught.encoders.building import EncoderSpec, build_encoder, check_encoder_name, encoder_names
from selftaught.encoders.causal_speech_encoder import CausalSpeechEncoder
from selftaught.encoders.classifier import PretrainedClassifier, describe_head, load_head, save_head
from selftaught.encoders.detector_backbone import DetectorBackbone
from selftaught.encoders.frame_resnet import FrameResNet
from selftaught.encoders.graph_convolution import GraphConvolution
from selftaught.encoders.graph_preprocessing import GraphPreprocessing
from selftaught.encoders.hugging_face import is_hugging_face, open_hugging_face
from selftaught.encoders.masked_perceptron import MaskedPerceptron
from selftaught.encoders.patch_average import PatchAverage
from selftaught.encoders.pixel_reader import PixelReader
from selftaught.encoders.preprocessing import Preprocessing
from selftaught.encoders.saving import PretrainedEncoder, describe_encoder, load_encoder, rebuild_encoder, save_encoder
from selftaught.encoders.small_resnet import SmallResNet
from selftaught.encoders.split_channels import SplitChannels
from selftaught.encoders.text_preprocessing import TextPreprocessing
from selftaught.encoders.text_transformer import TextTransformer
from selftaught.encoders.timm_encoder import TimmEncoder
from selftaught.encoders.timm_resnet import TimmResNet, is_timm_resnet
from selftaught.encoders.video_preprocessing import VideoPreprocessing
from selftaught.encoders.vision_transformer import VisionTransformer, is_plain_transformer
from selftaught.encoders.weights import encoder_weights, load_weights, read_weights

__all__ = [
    "AudioPreprocessing",
    "CausalSpeechEncoder",
    "DetectorBackbone",
    "EncoderSpec",
    "FrameResNet",
    "GraphConvolution",
    "GraphPreprocessing",
    "MaskedPerceptron",
    "PatchAverage",
    "PixelReader",
    "Preprocessing",
    "PretrainedClassifier",
    "PretrainedEncoder",
    "SmallResNet",
    "SplitChannels",
    "TextPreprocessing",
    "TextTransformer",
    "TimmEncoder",
    "TimmResNet",
    "VideoPreprocessing",
    "VisionTransformer",
    "build_encoder",
    "check_encoder_name",
    "describe_encoder",
    "describe_head",
    "encoder_names",
    "encoder_weights",
    "is_hugging_face",
    "is_plain_transformer",
    "is_timm_resnet",
    "load_encoder",
    "load_head",
    "load_weights",
    "open_hugging_face",
    "read_weights",
    "rebuild_encoder",
    "save_encoder",
    "save_head",
]
