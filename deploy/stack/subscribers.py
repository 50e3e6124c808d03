"""What the CSV files of subscribers and networks name, and taking away what they no longer do: `lazaret subscriber import`
only adds and changes, but the quickstart's directory is what its files say."""

import csv
import ipaddress


def logins(path):
    return [row["login"].encode().lower().decode() for row in _rows(path) if row["login"]]  # as imported: ASCII letters only


def blocks(path):
    return [_block(row["cidr"]) for row in _rows(path)]


def prune(postgres, subscribers, networks):
    """Deletes logins and networks that neither file names, in one transaction. For files that were imported just now."""
    postgres.script("BEGIN;\n"
                    "CREATE TEMPORARY TABLE kept_login (login text) ON COMMIT DROP;\n" + _copy("kept_login", logins(subscribers)) +
                    "CREATE TEMPORARY TABLE kept_block (block cidr) ON COMMIT DROP;\n" + _copy("kept_block", blocks(networks)) +
                    "ANALYZE kept_login; ANALYZE kept_block;\n"
                    "DELETE FROM network w WHERE NOT EXISTS (SELECT FROM kept_block k WHERE k.block = w.block);\n"
                    "DELETE FROM account a WHERE NOT EXISTS (SELECT FROM kept_login k WHERE k.login = a.login);\n"
                    "COMMIT;\n", user="lazaret_owner")


def _rows(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _block(text):
    """IPv4 in IPv6 is IPv4 to the import."""
    base, slash, prefix = text.partition("/")
    address = ipaddress.ip_address(base)
    return f"{getattr(address, 'ipv4_mapped', None) or address}{slash}{prefix}"


def _copy(table, values):
    return f"COPY {table} FROM STDIN;\n" + "".join(value.replace("\\", "\\\\") + "\n" for value in values) + "\\.\n"
