"""The demonstration of deploy/quickstart, and the small ticket system it uses."""
