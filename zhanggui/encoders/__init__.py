"""Layer 2: texts to vectors, a cache of vectors by content, and encoding in the background."""

from zhanggui.encoders.background import BackgroundEncoder, Progress
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.late import LateEncoder, keeping
from zhanggui.encoders.onnx_encoder import OnnxEncoder
from zhanggui.encoders.opening import DEFAULT, encoders, open_encoder
from zhanggui.encoders.vector_file import VectorCache
from zhanggui.encoders.vectors import MemoryVectorCache, Vectors

__all__ = [
    "DEFAULT",
    "BackgroundEncoder",
    "HashEncoder",
    "LateEncoder",
    "MemoryVectorCache",
    "OnnxEncoder",
    "Progress",
    "VectorCache",
    "Vectors",
    "encoders",
    "keeping",
    "open_encoder",
]
