"""A made-up shop of any size for load: the same N products, events, vectors and queries on every machine.

Not a model of shoppers. It has what costs time in a real shop: words, brands, categories and items with frequencies
that follow Zipf's law, Chinese, English and bilingual titles, prices over four orders of magnitude, 3 to 6 attributes.
Everything streams; product n is the same whatever N is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product, Translation

DIM = 384
LEAVES, BRANDS, WORDS = 3_000, 20_000, 30_000
START = Millis(1_700_000_000_000)
_BLOCK = 5_000
_CHARACTERS = (
    "茶香绿红白青花金银玉竹木石水山风云雪月星天海春夏秋冬新老大小长短轻软厚薄圆方高低冷热干湿甜酸清净美丽智能电动手工家用户外"
    "儿童男女学生办公旅行运动健康安全环保便携防水保温收纳折叠加棉麻丝绸皮革钢铁铝瓷玻璃塑料纸布毛绒纯色条纹格印花简约复古时尚"
)
_NOUNS_ZH = (
    "茶杯 水壶 保温杯 饭盒 手机壳 充电器 数据线 耳机 键盘 鼠标 台灯 雨伞 背包 行李箱 钱包 皮带 衬衫 外套 "
    "牛仔裤 连衣裙 运动鞋 拖鞋 袜子 围巾 手套 帽子 床单 被子 枕头 毛巾 牙刷 洗发水 面霜 口红 香水 饼干 巧克力 "
    "坚果 牛奶 咖啡 绿茶 红酒 大米 面条 酱油 锅具 菜刀 砧板 碗碟 筷子 书包 铅笔 笔记本 玩具 积木 拼图 自行车 "
    "头盔 帐篷 睡袋 鱼竿 花盆 种子 猫粮 狗粮"
).split()
_NOUNS_EN = (
    "cup kettle flask lunchbox case charger cable headphones keyboard mouse lamp umbrella backpack suitcase "
    "wallet belt shirt jacket jeans dress sneakers slippers socks scarf gloves hat sheet quilt pillow towel "
    "toothbrush shampoo cream lipstick perfume cookies chocolate nuts milk coffee tea wine rice noodles sauce "
    "pan knife board bowl chopsticks satchel pencil notebook toy blocks puzzle bicycle helmet tent bag rod "
    "pot seeds catfood dogfood"
).split()
_SYLLABLES = (
    "ba be bi bo ca ce da de fa fi ga go ha ka ki la le li lo ma me "
    "mi mo na ne no pa pe ra re ri ro sa se si ta te ti to va vi za zo"
).split()
_COLOURS = ("white", "black", "red", "blue", "green", "grey", "pink", "gold", "白色", "黑色", "红色", "蓝色")
_VALUES = {"size": 40, "material": 60, "origin": 300, "style": 80, "model": 5_000}
_VIEW, _CART, _BUY = EventType.VIEW, EventType.CART, EventType.PURCHASE


@dataclass(frozen=True, slots=True)
class _Words:
    """Everything that names are made of, by rank: the first are the most frequent."""

    zh: list[str]
    en: list[str]
    brands: list[str]
    leaves: list[tuple[str, ...]]


class Catalogue:
    """A shop of `size` products."""

    def __init__(self, size: int, *, seed: int = 0) -> None:
        self.size, self._seed = size, seed
        self._words = _words(seed)

    def products(self, first: int = 0) -> Iterator[Product]:
        """Yield the products from number `first` on, in order."""
        for block in range(first // _BLOCK, -(-self.size // _BLOCK)):
            made = self._block(block)
            yield from made[max(0, first - block * _BLOCK) : self.size - block * _BLOCK]

    def events(self, count: int, *, users: int = 100_000) -> Iterator[Event]:
        """Yield events in order of time: sessions of views, some of which end in the cart and in an order."""
        for block in range(-(-count // _BLOCK)):
            rng = np.random.default_rng((self._seed, 2, block))
            items = _zipf(rng, self.size, _BLOCK, 1.05)
            shoppers = _zipf(rng, users, _BLOCK, 0.6)[np.arange(_BLOCK) // 8 * 8]
            kinds = rng.choice(3, _BLOCK, p=(0.85, 0.09, 0.06))
            for n in range(min(_BLOCK, count - block * _BLOCK)):
                at = block * _BLOCK + n
                kind = (_VIEW, _CART, _BUY)[kinds[n]]
                order = f"o{at // 8}" if kind is _BUY else ""
                user, item = UserId(f"u{shoppers[n]}"), ItemId(f"p{items[n]}")
                when = Millis(START + at * 500)
                yield Event(
                    EventId(f"e{at:012}"), user, kind, when, item, session_id=f"s{at // 8}", order_id=order, quantity=1
                )

    def queries(self, count: int) -> list[str]:
        """Return queries as shoppers type them: one to three words of one product, Chinese or English; all differ."""
        rng, found = np.random.default_rng((self._seed, 3)), dict[str, None]()
        while len(found) < count:
            leaf = int(_zipf(rng, LEAVES, 1, 0.7)[0])
            zh = rng.random() < 0.5
            noun = (_NOUNS_ZH if zh else _NOUNS_EN)[leaf % len(_NOUNS_ZH)]
            words = [(self._words.zh if zh else self._words.en)[w] for w in _zipf(rng, WORDS, int(rng.integers(3)), 1)]
            if rng.random() < 0.2:
                words.append(self._words.brands[int(_zipf(rng, BRANDS, 1, 0.9)[0])])
            found[("" if zh else " ").join([*words, noun])] = None
        return list(found)

    def meanings(self) -> list[str]:
        """Return the texts around whose vectors those of products lie: one for each leaf of the category tree."""
        return [" ".join(path[1:]) for path in self._words.leaves]

    def leaf(self, product: Product) -> int:
        """Return the place of a product's leaf in `meanings`."""
        return int(product.category[-1].rsplit("-", 1)[1])

    def _block(self, block: int) -> list[Product]:
        rng = np.random.default_rng((self._seed, 1, block))
        leaves, brands = _zipf(rng, LEAVES, _BLOCK, 0.7), _zipf(rng, BRANDS, _BLOCK, 0.9)
        words, prices = _zipf(rng, WORDS, (_BLOCK, 6), 1.0), np.exp(rng.normal(3.5, 1.3, _BLOCK)).round(2)
        lengths, language = rng.integers(2, 7, _BLOCK), rng.random(_BLOCK)
        stock, ages = rng.integers(0, 20, _BLOCK), rng.integers(0, 900, _BLOCK)
        values = {name: _zipf(rng, size, _BLOCK, 0.8) for name, size in _VALUES.items()}
        has = rng.random((len(_VALUES), _BLOCK)) < 0.7
        colours = rng.integers(0, len(_COLOURS), _BLOCK)
        made = []
        for n in range(_BLOCK):
            number, leaf, brand = block * _BLOCK + n, int(leaves[n]), self._words.brands[brands[n]]
            zh = brand + "".join(self._words.zh[w] for w in words[n, : lengths[n]]) + _NOUNS_ZH[leaf % len(_NOUNS_ZH)]
            en = " ".join(
                [brand, *(self._words.en[w] for w in words[n, : lengths[n]]), _NOUNS_EN[leaf % len(_NOUNS_EN)]]
            )
            attributes = {name: (f"{name}-{values[name][n]}",) for at, name in enumerate(_VALUES) if has[at, n]}
            made.append(
                Product(
                    ItemId(f"p{number}"),
                    title=f"{zh} {number % 977}" if language[n] < 0.5 else f"{en} {number % 977}",
                    translations={"en": Translation(en)} if language[n] < 0.1 else {},
                    category=self._words.leaves[leaf],
                    brand=brand,
                    price=float(prices[n]),
                    currency="CNY",
                    attributes={"colour": (_COLOURS[colours[n]],), **attributes},
                    stock=int(stock[n]),
                    created_at=Millis(START - int(ages[n]) * 86_400_000),
                )
            )
        return made


def changed(product: Product, *, round: int) -> Product:
    """Return a product with another price, stock and title: a change of every kind at once."""
    return replace(product, title=f"{product.title} {round % 97}", price=round + 0.5, stock=round % 3)


def planted(centres: NDArray[np.float32], leaves: NDArray[np.int64], *, first: int) -> NDArray[np.float32]:
    """Return unit vectors near the centres of these leaves, for the products numbered from `first` on."""
    rng = np.random.default_rng((4, first))
    noise = rng.standard_normal((len(leaves), centres.shape[1]), np.float32) / np.float32(centres.shape[1] ** 0.5)
    vectors = centres[leaves] + np.float32(0.5) * noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    """Yield lists of at most `size` products."""
    while batch := list(islice(products, size)):
        yield batch


def _words(seed: int) -> _Words:
    rng = np.random.default_rng((seed, 0))
    zh = ["".join(_CHARACTERS[c] for c in rng.integers(0, len(_CHARACTERS), 2 + n % 5 // 4)) for n in range(WORDS)]
    en = ["".join(_SYLLABLES[s] for s in rng.integers(0, len(_SYLLABLES), 2 + n % 3)) for n in range(WORDS)]
    brands = ["".join(_SYLLABLES[s] for s in rng.integers(0, len(_SYLLABLES), 3)).title() for _ in range(BRANDS)]
    brands = [f"{name}{n}" if n % 2 else name for n, name in enumerate(brands)]
    leaves = [_path(leaf) for leaf in range(LEAVES)]
    return _Words(zh, en, brands, leaves)


def _path(leaf: int) -> tuple[str, ...]:
    noun = _NOUNS_EN[leaf % len(_NOUNS_EN)]
    return (f"department {leaf % 20}", f"{_NOUNS_ZH[leaf % 300 % len(_NOUNS_ZH)]} {leaf % 300}", f"{noun} line-{leaf}")


def _zipf(rng: np.random.Generator, n: int, size: int | tuple[int, ...], power: float) -> NDArray[np.int64]:
    """Return ranks 0..n-1 with probabilities close to (rank + 1) ** -power, by inverting the continuous law."""
    u = rng.random(size)
    if abs(power - 1) < 1e-9:
        drawn = (n + 1.0) ** u
    else:
        drawn = (1 + u * ((n + 1.0) ** (1 - power) - 1)) ** (1 / (1 - power))
    return np.minimum(drawn.astype(np.int64) - 1, n - 1)
