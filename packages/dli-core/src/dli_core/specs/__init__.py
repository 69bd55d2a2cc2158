"""YAML files → models, with the place of every problem."""
