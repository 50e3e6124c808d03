"""Figures as a table for people."""

COLUMNS = ("work", "side", "messages/s", "ratio", "CPU s/1000", "p50 ms", "p99 ms", "MiB", "trouble")
RATIO_OF = {"lazaret": "ratio", "with": "ratio"}


def table(results):
    """The works' rows under one head, columns as wide as they have to be."""
    lines = [list(COLUMNS)]
    notes = []
    for name, result in results.items():
        sides = [(side, figures) for side, figures in result.items() if isinstance(figures, dict) and "rate" in figures]
        for side, figures in sides:
            lines.append([name, side, f"{figures['rate']:.0f}", f"{result['ratio']:.3f}" if side in RATIO_OF and "ratio" in result else "",
                          number(figures, "cpu_s_per_1000", 3), f"{figures['latency_ms']['p50']:.2f}", f"{figures['latency_ms']['p99']:.2f}",
                          number(figures, "memory_mib", 1), trouble(figures)])
        notes += [f"{name}: {note}" for note in extra(result)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = [" ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:], *([""] if notes else []), *notes])


def all_arrived(result):
    """Whether the sink has what was acknowledged, in every turn of the work."""
    return all(turn["sound"] for figures in result.values() if isinstance(figures, dict) for turn in figures.get("rounds", []))


def number(figures, key, digits):
    return f"{figures[key]:.{digits}f}" if key in figures else ""


def trouble(figures):
    parts = [f"{count} x {what}" for what, count in figures["failures"].items()]
    if figures["arrived"] != figures["messages"] and not parts:
        parts.append(f"{figures['messages']} acknowledged, {figures['arrived']} arrived")
    return "; ".join(parts)


def extra(result):
    if "kib_each" in result:
        dropped = f", {result['dropped']} of them dropped" if result["dropped"] else ""
        yield f"{result['kib_each']:.1f} KiB for each of {result['held']} idle connections{dropped}"
    if "cpu_ratio" in result:
        yield f"CPU with rules / without: {result['cpu_ratio']:.3f}"
    if "added_ms" in result:
        yield f"added latency p50 {result['added_ms']['p50']:.2f} ms, p99 {result['added_ms']['p99']:.2f} ms"
