"""The constrained types of the models: each reads what people write and refuses the rest."""
