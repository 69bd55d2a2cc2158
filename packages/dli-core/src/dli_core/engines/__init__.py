"""Engines: every package in this folder is one, every module beside them is what they share.

<name>/__init__.py   Config(Section), the keys of local.<name>; DIALECT; DRIVER; imports no driver
                     make(settings) -> Engine, which imports the rest; absent where nothing can run SQL yet
<name>/…             the only importers of the engine's driver
"""
