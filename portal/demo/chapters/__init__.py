"""The chapters of the demo. Each is a deed or two a person would do, done with the real actions."""
