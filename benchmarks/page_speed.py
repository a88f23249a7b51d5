"""Pages of the shop in the home, asked in this process: milliseconds of each surface and of their stages.

ZHANGGUI_HOME=DIR python -m benchmarks.page_speed [PAGES]
"""

import gc
import sys
import time
from collections import defaultdict

import numpy as np

from zhanggui.app.build import opened_shop
from zhanggui.app.settings import load
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Request, Surface
from zhanggui.engine.shop import Shop


def main() -> None:
    """Print the median and the 99th percentile of each surface, and the mean of its stages."""
    settings = load()
    if not (settings.home / "shop.db").exists():
        print(f"no shop in {settings.home}: set ZHANGGUI_HOME, or make one with: zhanggui demo")
        return
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with opened_shop(settings) as shop:
        gc.collect()
        gc.freeze()
        users = shop.users(k=100) or [UserId("")]
        items = [act.item for user in users for act in shop.history(user)[-2:]] or [ItemId("")]
        titles = [product.title for product in shop.products(items).values()] or [""]
        for surface in Surface:
            requests = [
                Request(
                    surface,
                    user=users[n % len(users)],
                    item=items[n % len(items)],
                    query=" ".join(titles[n % len(titles)].split()[:2]),
                )
                for n in range(pages)
            ]
            _measure(shop, requests)


def _measure(shop: Shop, requests: list[Request]) -> None:
    taken, stages = [], defaultdict[str, float](float)
    for request in [*requests[:20], *requests]:
        start = time.perf_counter()
        page = shop.page(request)
        taken.append(1000 * (time.perf_counter() - start))
        for name, millis in page.timings.items():
            stages[name] += millis / (len(requests) + 20)
    p50, p99 = np.quantile(taken[20:], (0.5, 0.99))
    told = ", ".join(f"{name} {millis:.1f}" for name, millis in sorted(stages.items(), key=lambda pair: -pair[1])[:6])
    print(f"{requests[0].surface.value:16s} p50 {p50:6.1f}  p99 {p99:6.1f} ms   {told}")


if __name__ == "__main__":
    main()
