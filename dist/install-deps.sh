#!/bin/sh
# Installs those of the Debian packages $@ that are missing. Asks nothing; does nothing when all are there.
set -eu

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps: this is no Debian; Ferry is built on Debian 12, with: $*" >&2
  exit 1
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ')
missing=
for package in "$@"; do
  case " $installed" in
    *" $package "*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-deps: missing packages, and neither root nor sudo to install them. As root:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing() {
  # shellcheck disable=SC2086  # both are lists of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 \
    install $missing >"$log" 2>&1
}

echo "installing:$missing"
if ! install_missing; then  # package lists are missing or old
  $as_root apt-get -q -o Acquire::Retries=2 update >"$log" 2>&1 || tail -n 5 "$log" >&2
  if ! install_missing; then
    tail -n 20 "$log" >&2
    echo "install-deps: apt-get could not install:$missing" >&2
    exit 1
  fi
fi
