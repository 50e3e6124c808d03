"""The one exception that a person is meant to read."""


class Trouble(Exception):
    """One sentence that says what is wrong and what to do; `status` is the exit status it asks for."""

    def __init__(self, sentence, status=1, details=""):
        super().__init__(sentence)
        self.status = status
        self.details = details
