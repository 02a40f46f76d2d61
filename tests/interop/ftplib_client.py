#!/usr/bin/env python3
"""What a program built on Python's ftplib does with a server. The password comes on the standard input.

usage: ftplib_client.py HOST PORT USER clear|tls|tls12|tls13 passive|active FOLDER

FOLDER holds `file` and `empty`, which go up and come back as `file.back` and `empty.back`; `half` holds the
beginning of `file` and is completed by a resumed download. Anything that is not as it must be ends it with an
exception.
"""
import ftplib
import pathlib
import ssl
import sys


VERSIONS = {"tls12": ssl.TLSVersion.TLSv1_2, "tls13": ssl.TLSVersion.TLSv1_3}


def connect(host, port, user, password, wire, passive):
    tls = wire != "clear"
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # self-signed; what is tested is the protocol
        if wire in VERSIONS:
            context.minimum_version = context.maximum_version = VERSIONS[wire]
        ftp = ftplib.FTP_TLS(context=context, timeout=60)
    else:
        ftp = ftplib.FTP(timeout=60)
    ftp.connect(host, port)
    ftp.login(user, password)
    if tls:
        ftp.prot_p()
    ftp.set_pasv(passive)
    return ftp


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def upload(ftp, folder, name):
    with open(folder / name, "rb") as source:
        check(ftp.storbinary(f"STOR {name}", source).startswith("226"), f"upload of {name}")


def download(ftp, folder, name):
    with open(folder / f"{name}.back", "wb") as target:
        ftp.retrbinary(f"RETR {name}", target.write)


def resume(ftp, folder, name):
    half = folder / "half"
    with open(half, "ab") as target:
        ftp.retrbinary(f"RETR {name}", target.write, rest=half.stat().st_size)


def refused(call, *arguments):
    try:
        call(*arguments)
    except ftplib.error_perm:
        return True
    return False


def main():
    host, port, user, wire, mode, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    password = sys.stdin.readline().rstrip("\n")
    ftp = connect(host, int(port), user, password, wire, mode == "passive")
    check(ftp.mkd("made") == "/made", "MKD tells the path")
    ftp.cwd("made")
    for name in ("file", "empty"):
        upload(ftp, folder, name)
        download(ftp, folder, name)
    resume(ftp, folder, "file")
    size = (folder / "file").stat().st_size
    check(ftp.size("file") == size, "SIZE")
    check(sorted(ftp.nlst()) == ["empty", "file"], "NLST")
    facts = dict(ftp.mlsd(facts=["type", "size"]))
    check(facts["file"]["size"] == str(size) and facts["file"]["type"] == "file", "MLSD")
    lines = []
    ftp.retrlines("LIST", lines.append)
    check(len(lines) == 2, "LIST")
    ftp.rename("file", "renamed")
    check(refused(ftp.delete, "file"), "the old name is gone")
    check(refused(ftp.rmd, "/made"), "a folder that is not empty")
    ftp.cwd("/")
    ftp.rename("made", "moved")
    for name in ("renamed", "empty"):
        ftp.delete(f"moved/{name}")
    ftp.rmd("moved")
    check(ftp.nlst() == [], "nothing is left")
    ftp.quit()


if __name__ == "__main__":
    main()
