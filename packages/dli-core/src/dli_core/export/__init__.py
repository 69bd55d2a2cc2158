"""A running query → one complete file, and the receipt that proves it."""
