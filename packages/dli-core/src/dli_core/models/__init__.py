"""Frozen Pydantic models: what specs hold, and what runs give back."""
