"""Content rules that match nothing of what the generator sends, half for the header and half for the body."""

import random

WORDS = "casino lottery pills jackpot voucher refund inheritance parcel wallet replica bonus prize".split()


def write(path, count=1000):
    chance = random.Random(3)

    def word():
        return f"{chance.choice(WORDS)}{chance.randrange(1000)}"

    header = [("Subject", lambda: rf"{word()}\b.*{word()}"), ("From", lambda: rf"@{word()}\.(com|net|top)\b"),
              ("X-Mailer", lambda: rf"^{word()} [0-9]"), ("", lambda: rf"^Message-ID: .*\.{word()}@")]
    body = [lambda: rf"https?://[a-z0-9.-]*{word()}\.(com|net|top)/", lambda: rf"\b{word()}\s+{word()}\b",
            lambda: rf"(click|press|tap) here.{{0,40}}{word()}", lambda: rf"{word()}@[a-z]+\.example"]
    found = {}  # without repetitions: Lazaret refuses a file with two rules for the same
    while len(found) < count:
        if len(found) % 2:
            field, make = header[len(found) // 2 % len(header)]
            found.setdefault(f"scope = 'header'\npattern = '{make()}'\n" + (f"field = '{field}'\n" if field else ""))
        else:
            found.setdefault(f"scope = 'body'\npattern = '{body[len(found) // 2 % len(body)]()}'\n")
    with open(path, "w", encoding="utf-8") as file:
        for number, rule in enumerate(found):
            file.write(f"[[rule]]\nname = 'rule-{number}'\n{rule}\n")
