"""One example of every shape, as the reference shows it."""

from typing import Any

_EVIDENCE = [
    {"source": "bm25", "score": 7.1, "facts": {"term": "龙井"}},
    {"source": "knn", "score": 0.42, "facts": {"item": "mug", "users": 41}},
]
_CARD = {
    "position": 0,
    "item_id": "tea",
    "title": "明前龙井茶 250g",
    "price": 128.0,
    "currency": "CNY",
    "brand": "狮峰",
    "category": ["食品", "茶"],
    "image": "https://shop.example/tea.jpg",
    "url": "https://shop.example/tea",
    "reason": "41 位顾客把它和“白瓷盖碗”一起买",
    "score": 1.37,
}

EXAMPLES: dict[str, Any] = {
    "Product": {
        "item_id": "tea",
        "title": "明前龙井茶 250g",
        "translations": {"en": {"title": "Longjing green tea, 250 g"}},
        "category": "食品 > 茶",
        "brand": "狮峰",
        "price": 128,
        "currency": "CNY",
        "attributes": {"产地": ["杭州"]},
        "stock": 12,
    },
    "Event": {
        "user_id": "u1",
        "type": "click",
        "time": "2026-03-01T08:00:00Z",
        "item_id": "tea",
        "ranking_id": "r-7f3a",
        "position": 0,
    },
    "Page": {
        "ranking_id": "r-7f3a",
        "surface": "search",
        "language": "zh",
        "total": 1,
        "offset": 0,
        "k": 20,
        "items": [_CARD],
        "facets": {"category": [{"value": "食品", "count": 1}, {"value": "食品 > 茶", "count": 1}]},
        "degraded": [],
    },
    "Receipt": {
        "written": 1,
        "repeated": 0,
        "rejected": [{"index": 1, "message": "price is 'cheap', not a number.", "field": "price"}],
        "ignored": [],
        "position": 42,
    },
    "Erased": {"events": 41, "rankings": 7, "users": 1, "lines": 0, "position": 43},
    "Explanation": {
        "user_id": "u1",
        "item_id": "tea",
        "shown": True,
        "rank": 0,
        "reason": _CARD["reason"],
        "score": 1.37,
        "evidence": _EVIDENCE,
        "dropped": None,
        "titles": {"tea": "明前龙井茶 250g", "mug": "白瓷盖碗"},
    },
    "Health": {
        "ready": True,
        "release": "base",
        "totals": {"products": 2, "events": 3, "rankings": 1, "users": 1},
        "position": 5,
        "lag": 0,
        "meaning": {"done": 2, "total": 2},
        "degraded": [],
        "moving": None,
    },
    "Error": {
        "error": {
            "code": "bad_request",
            "message": "k is 1000.",
            "field": "k",
            "cure": "Allowed: 1 to 200.",
            "request_id": "0f8fad5bd9cb469fa16570867728950e",
        }
    },
}
