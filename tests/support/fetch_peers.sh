#!/bin/sh
# Puts the foreign FTP servers that the interop tests talk to into DEST (default: build/peers), without
# installing them: as packages they conflict with each other, and tests must not change the machine.
#
#   DEST/vsftpd  DEST/proftpd  DEST/pureftpd  DEST/pyftpdlib   the unpacked packages
#   DEST/lib                                   shared libraries they need and this machine does not have,
#                                              and libfakeroot (see peer_server.cc)
#
# Needs apt with Debian 12's sources and, the first time, the network. Writes to DEST only, as root or as an
# ordinary user. Does nothing when DEST is complete.
set -eu

dest=${1:-build/peers}
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)
staging=$dest/.staging
lists=$dest/.apt
stamp=$dest/.complete
edition=3  # raise it when what this script makes changes

say_why_and_stop() {
  echo "fetch_peers: $1" >&2
  exit 1
}

# The files that run, below the folder $1; their libraries are what has to be found.
programs() {
  for file in vsftpd/usr/sbin/vsftpd proftpd/usr/sbin/proftpd proftpd/usr/lib/proftpd/mod_tls.so \
      pureftpd/usr/sbin/pure-ftpd pureftpd/usr/bin/pure-pw; do
    echo "$1/$file"
  done
}

# Names of the libraries that neither the machine nor $1/lib has.
missing_libraries() {
  for file in $(programs "$1"); do
    LD_LIBRARY_PATH=$1/lib ldd "$file" 2>&1 || echo "$file => not found"
  done | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}

is_complete() {
  [ "$(cat "$stamp" 2>/dev/null)" = "$edition" ] && [ -z "$(missing_libraries "$dest")" ]
}

# apt that keeps what it writes below DEST once `refresh_lists` had to be called.
apt_options="-o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=20"
refreshed=no
refresh_lists() {
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
  apt_options="$apt_options -o Dir::State::Lists=$lists/lists -o Dir::Cache=$lists/cache"
  refreshed=yes
  # shellcheck disable=SC2086  # options are words
  apt-get $apt_options -q update >"$staging/apt.log" 2>&1 || true  # the download that follows decides
}

# Downloads and unpacks the packages $2... into the folder $1. Old package lists get one refresh.
unpack() {
  folder=$1
  shift
  packages=$staging/deb
  rm -rf "$packages"
  mkdir -p "$packages" "$folder"
  # shellcheck disable=SC2086
  if ! (cd "$packages" && apt-get $apt_options -q download "$@") >"$staging/apt.log" 2>&1; then
    if [ $refreshed = no ]; then
      refresh_lists
      unpack "$folder" "$@"
      return
    fi
    tail -n 5 "$staging/apt.log" >&2
    say_why_and_stop "cannot download $*; the interop tests need the network once (or a filled $dest)"
  fi
  for package in "$packages"/*.deb; do
    dpkg-deb -x "$package" "$folder"
  done
}

# Library packages that the packages $@ name as dependencies and this machine has not installed.
absent_library_packages() {
  # shellcheck disable=SC2086
  apt-cache $apt_options depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
      --no-enhances "$@" | sed -n 's/^ *|\{0,1\}\(Pre\)\{0,1\}Depends: \(lib[^<>]*\)$/\2/p' | sort -u |
    while read -r library; do
      dpkg-query -W -f '${db:Status-Status}\n' "$library" 2>/dev/null | grep -qx installed || echo "$library"
    done
}

# Fetches libraries, one level of dependencies after the other, until nothing is missing.
fetch_libraries() {
  asked=" "
  level="vsftpd proftpd-core proftpd-mod-crypto pure-ftpd"
  mkdir -p "$staging/lib"
  while [ -n "$(missing_libraries "$staging")" ]; do
    next=
    # shellcheck disable=SC2086
    for library in $(absent_library_packages $level); do
      case $asked in *" $library "*) continue ;; esac
      asked="$asked$library "
      next="$next $library"
    done
    [ -n "$next" ] || say_why_and_stop "no package has: $(missing_libraries "$staging" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    unpack "$staging/libraries" $next
    find "$staging/libraries" -name '*.so.*' -exec cp -a {} "$staging/lib/" \;
    level=$next
  done
}

# Started by root, ProFTPD tries out a socket in /run and Pure-FTPd notes its sessions there, whatever their
# configuration says. The copies used by tests get places of the same length that cannot exist: both do without.
keep_out_of_run() {
  LC_ALL=C sed -i 's|/run/test\.sock|/dev/null/sock|g' "$1/proftpd/usr/sbin/proftpd"
  LC_ALL=C sed -i 's|/var/run/pure-ftpd|/dev/null/ftpd-run|g' "$1/pureftpd/usr/sbin/pure-ftpd"
}

is_complete && exit 0
exec 9>"$dest/.lock"
flock 9
is_complete && exit 0  # another run did it while this one waited

echo "fetch_peers: vsftpd, ProFTPD, Pure-FTPd and pyftpdlib into $dest"
rm -rf "$staging" "$stamp"
mkdir -p "$staging"
trap 'rm -rf "$staging" "$lists"' EXIT
unpack "$staging/vsftpd" vsftpd
unpack "$staging/proftpd" proftpd-core proftpd-mod-crypto
unpack "$staging/pureftpd" pure-ftpd
# With what it needs for TLS; the machine's own Python runs it.
unpack "$staging/pyftpdlib" python3-pyftpdlib python3-openssl python3-cryptography python3-cffi-backend
keep_out_of_run "$staging"
fetch_libraries
unpack "$staging/fakeroot" libfakeroot
cp "$staging"/fakeroot/usr/lib/*/libfakeroot/libfakeroot-sysv.so "$staging/lib/"
for part in vsftpd proftpd pureftpd pyftpdlib lib; do
  rm -rf "${dest:?}/$part"
  mv "$staging/$part" "$dest/$part"
done
echo "$edition" >"$stamp"
