"""From a spec and parameters to statements, and from statements to results."""
