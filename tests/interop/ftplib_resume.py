#!/usr/bin/env python3
"""Moves one file with Python's ftplib, going on where an earlier attempt ended. The password comes on the
standard input.

usage: ftplib_resume.py HOST PORT USER clear|tls SECONDS up|down LOCAL REMOTE
"""
import ftplib
import os
import ssl
import sys


def connect(host, port, user, password, wire, seconds):
    if wire == "tls":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # self-signed; what is tested is the protocol
        ftp = ftplib.FTP_TLS(context=context, timeout=seconds)
    else:
        ftp = ftplib.FTP(timeout=seconds)
    ftp.connect(host, port)
    ftp.login(user, password)
    if wire == "tls":
        ftp.prot_p()
    ftp.voidcmd("TYPE I")
    return ftp


def upload(ftp, local, remote):
    try:
        there = ftp.size(remote)
    except ftplib.error_perm:
        there = 0
    with open(local, "rb") as source:
        source.seek(there)
        ftp.storbinary(f"STOR {remote}", source, rest=there or None)


def download(ftp, local, remote):
    with open(local, "ab") as target:
        ftp.retrbinary(f"RETR {remote}", target.write, rest=os.path.getsize(local) or None)


def main():
    host, port, user, wire, seconds, direction, local, remote = sys.argv[1:]
    password = sys.stdin.readline().rstrip("\n")
    ftp = connect(host, int(port), user, password, wire, float(seconds))
    (upload if direction == "up" else download)(ftp, local, remote)
    ftp.quit()


if __name__ == "__main__":
    main()
