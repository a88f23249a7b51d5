"""Prices as people read them."""

SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "TWD": "NT$"}


def price_text(price: float | None, currency: str) -> str:
    """Write a price; empty when it is unknown.

    >>> price_text(1280, "CNY"), price_text(2.5, "SEK"), price_text(3, "")
    ('¥1,280.00', '2.50 SEK', '3.00')
    """
    if price is None:
        return ""
    sign = SIGNS.get(currency.upper(), "")
    return f"{sign}{price:,.2f}" if sign or not currency else f"{price:,.2f} {currency}"
