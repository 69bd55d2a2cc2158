"""SQL as a tree: the only room that imports sqlglot. A plain run never comes here."""
