"""A model of a hub as a folder: downloaded once by its name, opened from the cache ever after."""

from pathlib import Path

import httpx
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.opening import DEFAULT

_WORDS = ["*.json", "*.txt"]
_WEIGHTS = ["*.safetensors"]
_OLD_WEIGHTS = ["pytorch_model*.bin"]
"""Of models that were never saved anew (BAAI/bge-m3). transformers reads them as weights only: no code is run."""


def hub_folder(name: str, *, cache: Path) -> Path:
    """Return the folder of a model such as `intfloat/multilingual-e5-small`; what is in `cache` needs no network.

    `HF_ENDPOINT` names another hub, `HF_HUB_OFFLINE=1` forbids the network. Raises ConfigError when it cannot be had.
    """
    if name.count("/") != 1:
        raise ConfigError(
            f"No model named {name!r}, and no folder of that name. Known: {DEFAULT}, a folder, or OWNER/NAME of a hub."
        )
    folder = _fetched(name, cache, _WORDS + _WEIGHTS)
    if not any(folder.glob("*.safetensors")):
        folder = _fetched(name, cache, _WORDS + _OLD_WEIGHTS)
    return folder


def _fetched(name: str, cache: Path, patterns: list[str]) -> Path:
    try:
        return Path(snapshot_download(name, cache_dir=cache, allow_patterns=patterns))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, httpx.HTTPError, OSError) as fault:
        raise ConfigError(
            f"The model {name!r} is neither in {cache} nor to be had from the hub: {fault}. Check the name and the "
            "network, or download its folder elsewhere and give the folder's path instead of the name."
        ) from fault
