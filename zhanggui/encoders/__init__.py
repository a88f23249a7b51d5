"""Layer 2: texts to vectors, a cache of vectors by content, and encoding in the background."""

from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.onnx_encoder import OnnxEncoder
from zhanggui.encoders.opening import encoders, open_encoder

__all__ = ["HashEncoder", "OnnxEncoder", "encoders", "open_encoder"]
