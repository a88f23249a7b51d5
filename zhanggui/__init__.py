"""掌柜 Zhanggui: search, recommendation, ads and customer service for an online shop, a language model at the core."""

__version__ = "0.1.0"
