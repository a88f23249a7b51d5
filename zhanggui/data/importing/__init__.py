"""Files into the Store. Only what cannot be read is refused; every line is accounted for."""

import zhanggui.data.importing.amazon
import zhanggui.data.importing.completejourney
import zhanggui.data.importing.movielens
import zhanggui.data.importing.retailrocket
import zhanggui.data.importing.taobao  # noqa: F401  (each registers its format)
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.mapped import mapped
from zhanggui.data.importing.report import ImportReport
from zhanggui.data.importing.run import Progress, import_events, import_products

__all__ = ["FORMATS", "Format", "ImportReport", "Progress", "import_events", "import_products", "mapped"]
