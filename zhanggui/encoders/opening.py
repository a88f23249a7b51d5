"""Open an encoder by its name or its folder."""

from pathlib import Path

from zhanggui.core.errors import ConfigError
from zhanggui.core.protocols import Encoder
from zhanggui.core.registry import Registry
from zhanggui.encoders.e5_file import installed_weights, read_e5
from zhanggui.encoders.e5_graph import VERSION, build_graph
from zhanggui.encoders.folder import open_folder
from zhanggui.encoders.hashed import HashEncoder
from zhanggui.encoders.kept import file_digest, kept_file
from zhanggui.encoders.onnx_encoder import OnnxEncoder, Recipe
from zhanggui.encoders.xlmr import build_tokenizer

DEFAULT = "multilingual-e5-small"
LONGEST = 128
"""Tokens read of a text unless told otherwise: four times an average product title; the model can read 512."""

encoders = Registry[Encoder]("encoder")


def open_encoder(name: str = DEFAULT, *, cache: Path, threads: int = 1) -> Encoder:
    """Open a registered encoder, or the one in the folder `name`.

    `cache` keeps what is derived from weights; `threads` are those of one call (1 leaves other cores to others).
    """
    encoders.load_plugins()
    if name in set(encoders):
        return encoders.make(name, cache=cache, threads=threads)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return open_folder(folder, threads=threads)
    raise ConfigError(
        f"No encoder named {name!r}, and no folder of that name. Known: {', '.join(encoders)}. For a model of a hub, "
        "export model.onnx and tokenizer.json into a folder and give the folder's path instead of the name."
    )


@encoders.add(DEFAULT)
def open_e5(*, cache: Path, threads: int = 1, max_length: int = LONGEST) -> OnnxEncoder:
    """Open multilingual-e5-small from the installed package; its graphs are made once and kept in `cache`."""
    path = installed_weights()
    weights = read_e5(path)
    if not 3 <= max_length <= weights.config.positions:
        raise ConfigError(f"max_length must lie in 3..{weights.config.positions}. Got {max_length}.")
    stem = f"{DEFAULT}-{VERSION}-{file_digest(path)[:12]}"
    model = kept_file(cache, stem, ".onnx", lambda: build_graph(weights).SerializeToString())
    asked = kept_file(cache, f"{stem}-queries", ".onnx", lambda: build_graph(weights, queries=True).SerializeToString())
    recipe = Recipe(query_prefix="query: ", passage_prefix="passage: ", max_length=max_length, pad=weights.config.pad)
    name = DEFAULT if max_length == LONGEST else f"{DEFAULT}-{max_length}"
    return OnnxEncoder(model, build_tokenizer(weights), recipe, name=name, query_model=asked, threads=threads)


@encoders.add("hash")
def open_hash(*, cache: Path | None = None, threads: int = 1, dim: int = 256) -> HashEncoder:
    """Open the encoder without weights; `cache` and `threads` are taken because every factory takes them."""
    return HashEncoder(dim=dim)
