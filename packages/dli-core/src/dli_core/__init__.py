"""Models and policies of DLI. No HTTP, no terminal. It promises nothing to users: import `dli`."""

__version__ = "0.1.0"
