"""The `dli` command: options in, one call of the SDK, its result on the screen. No business logic lives here.

__main__ ─▶ main (table of commands) ─▶ commands/<noun> ─▶ options ─▶ session ─▶ dli (the SDK) ─▶ output
"""
