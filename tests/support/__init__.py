"""Helpers of the integration tests; the servers themselves are started by deploy/stack, as the quickstart does it."""
