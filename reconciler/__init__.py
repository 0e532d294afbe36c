"""One YAML file for containers and the HAProxy in front of them.

The road through the package, each step a function of the one before:

    load_topology -> compile_topology -> plan_changes -> execute
"""

__version__ = "0.1.0"
