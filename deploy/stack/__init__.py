"""A whole Lazaret on loopback, with a private PostgreSQL and a private Postfix: what deploy/quickstart and the integration
tests start. Python's standard library only; runs as root, starts every server under a user of its own."""
