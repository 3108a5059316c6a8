"""A local Stripe for everyone without keys. Start reading at engine.py."""
