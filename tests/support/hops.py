"""An instance whose next hops are more than one, or are set up in a way of their own."""

from types import SimpleNamespace

from .instance import Instance  # first: it finds the stack

from stack import ports
from stack.postfix import Postfix


class Hop(Postfix):
    """A Postfix with lines of its own in main.cf. All deliver into one Maildir."""

    def __init__(self, layout, port, lines=(), name="postfix"):
        places = SimpleNamespace(postfix=layout.state / name, log=layout.log / name, mail=layout.mail, bounces=layout.bounces,
                                 state=layout.state)
        super().__init__(places, port)
        self.lines = lines
        self.log = layout.log / f"{name}.log"

    def make(self):
        self.layout.postfix.mkdir(exist_ok=True)
        self.layout.postfix.chmod(0o755)
        super().make()
        with open(self.etc / "main.cf", "a", encoding="utf-8") as file:
            file.writelines(line.format(tls=self.layout.state / "tls") + "\n" for line in self.lines)


class HopInstance(Instance):
    """`lines` go into main.cf, where {tls} is the folder with certificates; `second`: there are two."""

    def __init__(self, lines=(), second=False, **options):
        self.lines, self.has_second, self.second = lines, second, None
        super().__init__(**options)

    def _make_postfix(self):
        if "next_hop" not in self.ports:
            return
        self.postfix = Hop(self.layout, self.ports["next_hop"], self.lines)
        if self.has_second:
            second = self.ports.setdefault("second_hop", ports.free(self.ports.values()))
            self.second = Hop(self.layout, second, self.lines, "postfix-second")

    def _sections(self):
        sections = super()._sections()
        if self.second:
            sections["next_hop"]["address"] = [f"127.0.0.1:{hop.port}" for hop in (self.postfix, self.second)]
        return sections

    def start_receiver(self):
        if self.second:
            self.second.make()
            self.second.start()
        super().start_receiver()

    def stop(self):
        gently = super().stop()
        return (self.second is None or not self.second.etc.exists() or self.second.stop()) and gently
