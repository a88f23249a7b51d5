"""A drawn tile for products without a picture: colour and icon tell the category, always the same for the same one."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from markupsafe import Markup, escape

from zhanggui.core.product import Product

ICONS = {
    "cup": "M14 18h17v11a7 7 0 0 1-7 7h-3a7 7 0 0 1-7-7zM31 21h2.5a4 4 0 0 1 0 8H31M19 9q-2 2 0 5M25 9q-2 2 0 5",
    "bottle": "M21 8h6v6l4 6v18a2 2 0 0 1-2 2H19a2 2 0 0 1-2-2V20l4-6zM17 26h14M17 33h14",
    "leaf": "M11 37C10 20 20 10 38 10c1 18-8 27-22 24M11 37c4-9 10-15 18-19",
    "fish": "M8 24c6-9 18-10 25-3l7-6v18l-7-6c-7 7-19 6-25-3zM16 22.5v.1",
    "bread": "M12 22a7 7 0 0 1 5-12h14a7 7 0 0 1 5 12v14a2 2 0 0 1-2 2H14a2 2 0 0 1-2-2zM20 18v12M28 18v12",
    "carton": "M15 19l5-9h8l5 9v19H15zM15 19h18M20 10V7h8v3",
    "snow": "M24 8v32M10 16l28 16M38 16L10 32M24 13l-4-3M24 13l4-3M24 35l-4 3M24 35l4 3",
    "meat": "M30 10a11 11 0 0 1 3 19c-5 4-12 4-14 6l-4 4-6-6 4-4c2-2 2-9 6-14a11 11 0 0 1 11-5zM29 20v.1",
    "candy": "M17 24a7 7 0 1 0 14 0a7 7 0 1 0-14 0M18 20l-8-5v18l8-5M30 20l8-5v18l-8-5",
    "shirt": "M18 9l-9 6 4 7 3-2v19h16V20l3 2 4-7-9-6c-2 4-10 4-12 0z",
    "book": "M24 14c-4-3-9-3-14-2v24c5-1 10-1 14 2 4-3 9-3 14-2V12c-5-1-10-1-14 2zM24 14v24",
    "screen": "M9 11h30v21H9zM18 39h12M24 32v7",
    "paw": "M24 25c-6 0-9 6-8 10 2 3 5 1 8 1s6 2 8-1c1-4-2-10-8-10z"
    "M13 21a2.5 3 0 1 0 .1 0zM20 13a2.5 3 0 1 0 .1 0zM28 13a2.5 3 0 1 0 .1 0zM35 21a2.5 3 0 1 0 .1 0z",
    "care": "M24 38C12 30 8 24 9 18c1-7 11-9 15-1 4-8 14-6 15 1 1 6-3 12-15 20zM24 20v9M19.5 24.5h9",
    "home": "M9 23L24 10l15 13M13 20v18h22V20M20 38V28h8v10",
    "toy": "M24 8l4.5 9.5 10.5 1.3-7.7 7.2 2 10.4L24 31.3l-9.3 5.1 2-10.4L9 18.8l10.5-1.3z",
    "bag": "M12 17h24l2 22H10zM18 21v-6a6 6 0 0 1 12 0v6",
}
"""Strokes on a field of 48 by 48."""

SHAPES = {
    "paw": "pet dog_food cat_food cat_litter puppy kitten 宠物 狗 猫",
    "book": "book magazine newspaper stationery 图书 书籍 杂志 文具",
    "snow": "frozen ice popsicle 冰 冷冻 雪糕",
    "carton": "milk dairy cheese yogurt egg butter cream 奶 乳 蛋",
    "candy": "candy snack chocolate cookie sweet nut chip popcorn gum 糖 零食 饼干 巧克力 坚果",
    "cup": "coffee tea drink beverage juice soda water beer wine liquor 饮 茶 咖啡 酒 汁",
    "bottle": "soap detergent clean laundry shampoo sauce oil condiment dressing 洗 清洁 油 调味 酱",
    "fish": "fish seafood shrimp 鱼 海鲜 水产",
    "meat": "meat beef pork chicken deli poultry sausage bacon lunchmeat 肉 禽",
    "bread": "bread bakery bake pastry cake cereal breakfast pasta rice grain roll 面包 烘焙 粮 米 面",
    "leaf": "produce vegetable fruit salad plant garden flower floral potato 蔬 果 菜 花 园 生鲜",
    "toy": "toy game sport party 玩具 游戏 运动",
    "shirt": "cloth apparel fashion shoe wear hosiery 服 衣 鞋",
    "screen": "phone computer laptop electronic camera tv audio video 手机 电脑 数码 电器",
    "care": "health drug medicine vitamin beauty care baby cosmetic diaper tissue pharm 健康 药 美妆 护 婴 纸",
    "home": "home kitchen furniture household hardware 家 厨 居",
}
"""Words that choose an icon. Latin ones must begin a word (_ is a space), Chinese ones may stand anywhere."""

TELLING = {name: SHAPES[name] for name in ("paw", "book", "snow")}
"""What tells more about a thing wherever it stands in the path than the narrower words beside it."""


_REMEMBERED = 20_000


def _keys(shapes: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return for each icon what to look for in a text that begins with a space."""
    return [
        (name, [" " + key.replace("_", " ") if key.isascii() else key for key in keys.split()])
        for name, keys in shapes.items()
    ]


KEYS = {False: _keys(SHAPES), True: _keys(TELLING)}


def picture(product: Product) -> Markup:
    """Return the tile as inline SVG; it decorates, so it is hidden from screen readers."""
    kind = " ".join(product.category[:2]) or product.brand or product.item_id
    mark = blake2b(kind.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    hue, turn = mark[0] * 360 // 256, mark[1] * 360 // 256
    ink = f"hsl({hue},38%,36%)"
    return Markup(
        '<svg class="drawn" viewBox="0 0 160 120" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        f'<rect width="160" height="120" fill="hsl({hue},46%,91%)"/>'
        f'<g transform="rotate({turn} 80 60)"><circle cx="150" cy="20" r="62" fill="hsl({hue},50%,86%)"/>'
        f'<circle cx="18" cy="104" r="34" fill="hsl({(hue + 24) % 360},52%,94%)"/></g>{_sign(product, ink)}</svg>'
    )


def icon_of(product: Product) -> str:
    """Return the icon's name, empty when no word is known; the narrowest category speaks first, the title last.

    >>> from zhanggui.core.ids import ItemId
    >>> icon_of(Product(ItemId("1"), category=("宠物", "猫", "主粮"), title="Tea"))
    'paw'
    """
    whole = " ".join(product.category)
    texts = (*reversed(product.category), product.title)
    return _named(whole, telling=True) or next(filter(None, map(_named, texts)), "")


@lru_cache(_REMEMBERED)
def _named(text: str, *, telling: bool = False) -> str:
    """Return the first icon with a key in the text. A page asks for some fifty texts, most of them categories."""
    plain = " " + text.lower().replace("-", " ").replace("/", " ")
    return next((name for name, keys in KEYS[telling] if any(key in plain for key in keys)), "")


def _sign(product: Product, ink: str) -> Markup:
    name = icon_of(product)
    if name:
        return Markup(
            f'<path transform="translate(44 24) scale(1.5)" d="{ICONS[name]}" fill="none" stroke="{ink}"'
            ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    initial = next((letter for letter in product.title or product.item_id if letter.isalnum()), "?").upper()
    return Markup(
        '<text x="80" y="62" text-anchor="middle" dominant-baseline="central" font-size="48" font-weight="600"'
        f' fill="{ink}">{escape(initial)}</text>'
    )
