"""How the models that ship are made: `python -m training forest --table FILE.csv`.

Needs requirements-dev.txt. Nothing here is loaded by the product.
"""
