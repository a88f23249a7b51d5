"""The one place where text becomes tokens, for Chinese and English alike."""
