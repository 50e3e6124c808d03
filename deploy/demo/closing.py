"""The demonstration's end: figures, what had to hold, and what to try next."""

from stack.terminal import colour, say


def counts(demo):
    """All figures, each counted from outcomes, Maildirs and tickets."""
    ordinary = [outcome for actor in demo.ordinary for outcome in actor.outcomes]
    bot = demo.bot.outcomes
    confined = next((outcome.at for outcome in bot if outcome.stage == "mail" and outcome.code >= 500), None)
    about_bot = [entry for entry in demo.tickets if demo.bot.person.subscriber in str(entry["body"])]
    return {
        "ordinary": ordinary, "bot": bot,
        "relayed": [outcome for outcome in ordinary if outcome.is_sent],
        "leaked": [outcome for outcome in bot if outcome.is_sent],
        "caught": [outcome for outcome in bot if outcome.stage == "data"],
        "limited": [outcome for outcome in bot if outcome.stage == "rcpt"],
        "locked": [outcome for outcome in bot if outcome.stage == "mail" and outcome.code >= 500],
        "leaked_later": [outcome for outcome in bot if confined and outcome.is_sent and outcome.at > confined],
        "to_ticket": about_bot[0]["at"] - demo.infected_at if about_bot and demo.infected_at else None,
        "to_confinement": confined - demo.infected_at if confined and demo.infected_at else None,
        "innocent": {row["subscriber"] for row in demo.quarantines} - {demo.bot.person.subscriber},
        "missing": demo.missing(), "about_bot": about_bot,
    }


def summary(demo):
    """Prints it; true if everything went as told."""
    figures = counts(demo)
    seconds = {name: "never" if figures[name] is None else f"{figures[name]:.1f} s" for name in ("to_ticket", "to_confinement")}
    deliveries = sum(len(outcome.recipients) for outcome in figures["relayed"])
    say(f"\n{colour('Summary', 'bold')}")
    say(f"  messages relayed       {len(figures['relayed']) + len(figures['leaked'])}: {len(figures['relayed'])} of ordinary subscribers "
        f"({deliveries} recipients), {len(figures['leaked'])} of the bot")
    say(f"  leaked by the bot      {len(figures['leaked'])} of {len(figures['bot'])} attempts; {len(figures['caught'])} refused for their content, "
        f"{len(figures['limited'])} at RCPT, {len(figures['locked'])} by the quarantine")
    say(f"  seconds to detection   {seconds['to_ticket']} from the first spam to the ticket, {seconds['to_confinement']} to the first refusal")
    say(f"  in Postfix's folder    {len(demo.arrived)} delivered, {len(demo.returned)} returned as nonexistent\n")
    checks = [
        ("every acknowledged message was delivered, or returned because its recipient does not exist", not figures["missing"]),
        ("every message of an ordinary subscriber was taken", len(figures["relayed"]) == len(figures["ordinary"]) > 0),
        (f"{demo.bot.person.name} was confined", figures["to_confinement"] is not None),
        ("nothing of the bot got through after that", figures["to_confinement"] is not None and not figures["leaked_later"]),
        ("the receiver got the bot's ticket, once", len({entry["webhook_id"] for entry in figures["about_bot"]
                                                        if entry["body"].get("type", "incident.opened") == "incident.opened"}) == 1),
        ("nobody else was confined", not figures["innocent"]),
    ]
    for text, holds in checks:
        say("  " + (colour("yes  ", "green") if holds else colour("NO   ", "red")) + text)
    return all(holds for _, holds in checks)


def what_to_try(demo):
    stack = demo.stack
    person = demo.ordinary[0].person
    cli, state = stack.layout.bin / "lazaret-cli", stack.layout.home / "state"
    lines = []
    if stack.listener("submission"):
        host, port = stack.listener("submission")
        lines.append(("send a message", f"swaks --server {host} --port {port} --tls --auth PLAIN --auth-user {person.login} "
                      f"--auth-password {person.password} --from {person.login} --to you@isle.example"))
    if stack.listener("relay"):
        host, port = stack.listener("relay")
        lines.append(("from a trusted network", f"swaks --server {host} --port {port} --from desk@office.example --to you@isle.example"))
    lines += [("see what arrived", f"ls -t {state / 'mail' / 'new'} | head"),
              ("why was it confined", f"{cli} explain {demo.bot.person.subscriber}"),
              ("let it out again", f"{cli} quarantine release {demo.bot.person.subscriber} --reason 'PC cleaned'"),
              ("confine somebody", f"{cli} quarantine add {person.subscriber} --reason 'a test'"),
              ("incidents", f"{cli} incident list")]
    if stack.metrics_url("submission"):
        lines.append(("metrics", f"curl -s {stack.metrics_url('submission')}"))
    say(f"\n{colour('To try', 'bold')}")
    for what, line in lines:
        say(f"  {what + ':':<24}{line}")
