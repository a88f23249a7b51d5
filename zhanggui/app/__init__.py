"""Layer 7: settings, building, HTTP, storefront and command line."""
