"""What the shop tells those who keep it: logs and metrics, without the words or names of shoppers."""
