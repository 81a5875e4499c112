"""How the models that ship are made: `python -m training prepare|train|evaluate|card`.

Needs requirements-dev.txt. Nothing here is loaded by the product.
"""
