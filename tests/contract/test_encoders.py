import pytest

from zhanggui.encoders import DEFAULT, HashEncoder, MemoryVectorCache, VectorCache, open_encoder
from zhanggui.encoders.checks import encoder_checks, vectors_checks


@pytest.fixture(scope="module", params=[DEFAULT, "hash"])
def encoder(request, tmp_path_factory):
    return open_encoder(request.param, cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_encoder(encoder, check):
    check(encoder)


@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_hash_encoder_of_another_dimension(check):
    check(HashEncoder(dim=1024, sizes=(2, 4)))


@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("check", list(vectors_checks()), ids=lambda check: check.__name__)
def test_vectors(tmp_path, kind, check):
    check(lambda: MemoryVectorCache(dim=48) if kind == "memory" else VectorCache(tmp_path, encoder="test", dim=48))
