#!/usr/bin/env python3
"""A whole tree by Python's ftplib. The password comes on the standard input.

usage: ftplib_tree.py HOST PORT USER clear|tls12|tls13 passive|active FOLDER

What lies in `tree` in FOLDER goes up as `up`; MLSD then leads through `up`, and what it names comes back as
`back`. Anything that is not as it must be ends it with an exception.
"""
import pathlib
import sys

from ftplib_client import check, connect


def upload(ftp, folder, remote):
    check(ftp.mkd(remote) == "/" + remote, f"MKD {remote} tells the path")
    for entry in sorted(folder.iterdir()):
        path = f"{remote}/{entry.name}"
        if entry.is_dir():
            upload(ftp, entry, path)
            continue
        with open(entry, "rb") as source:
            check(ftp.storbinary(f"STOR {path}", source).startswith("226"), f"upload of {path}")
        check(ftp.size(path) == entry.stat().st_size, f"SIZE of {path}")


def download(ftp, remote, folder):
    folder.mkdir()
    for name, facts in list(ftp.mlsd(remote)):
        path = f"{remote}/{name}"
        if facts["type"] == "dir":
            download(ftp, path, folder / name)
        elif facts["type"] == "file":
            with open(folder / name, "wb") as target:
                ftp.retrbinary(f"RETR {path}", target.write)
            check((folder / name).stat().st_size == int(facts["size"]), f"size of {path}")


def main():
    host, port, user, wire, mode, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    password = sys.stdin.readline().rstrip("\n")
    ftp = connect(host, int(port), user, password, wire, mode == "passive")
    upload(ftp, folder / "tree", "up")
    download(ftp, "up", folder / "back")
    ftp.quit()


main()
