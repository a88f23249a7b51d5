"""What the API and the storefront share: bodies, parameters, errors, the bytes of answers."""
