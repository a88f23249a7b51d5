"""Fine-tuning of the language model. Every module here needs torch: import them inside the function that trains."""
