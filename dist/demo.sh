#!/bin/sh
# `make demo`: a server on a free loopback port, an account, a real folder up and down, both sides proved equal.
# Usage: dist/demo.sh BIN, from the root of the checkout; BIN holds ferryd, ftpadm and ferry. Writes below var/ and
# build/demo only. On a terminal it offers the client before it stops the server; without one it just ends.
set -eu

bin=$1
account=demo
big_file_bytes=$((200 * 1024 * 1024))
start_seconds=30
work=build/demo
config=var/demo.toml
password_file=var/demo.password
server=

say() { printf '\n== %s\n' "$*"; }
fail() {
  echo "demo: $*" >&2
  exit 1
}

# Also after a failure or Ctrl-C.
stop_server() {
  status=$?
  trap - EXIT INT TERM HUP
  [ -z "$server" ] || end_process "$server"
  [ -z "$own_state" ] || rm -rf "$own_state"
  exit "$status"
}

end_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  left=100
  while kill -0 "$1" 2>/dev/null && [ $left -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# Root's ferryd becomes another user, who cannot pass through, say, /root to this checkout: then the server's files
# go to a folder of their own, which is removed at the end.
own_state=
choose_state() {
  state=$(pwd)/var
  [ "$(id -u)" = 0 ] || return 0
  owner=$(stat -c %u .)
  [ "$owner" != 0 ] || owner=65534
  setpriv --reuid "$owner" --regid "$owner" --clear-groups test -x "$state" && return 0
  own_state=$(mktemp -d /var/tmp/ferry-demo-XXXXXX)
  chmod 755 "$own_state"
  state=$own_state
}

write_config() {
  cat >"$config" <<END
# Written by make demo.
listen = ["127.0.0.1:0"]
store = "$state/db/demo.db"
home_root = "$state/home"
log_dir = "$state/log"
run_dir = "$state/run"
END
}

# A fresh account each time, so that what the last demo uploaded is gone.
make_account() {
  (umask 077 && openssl rand -hex 16 >"$password_file")
  if "$bin/ftpadm" -c "$config" view "$account" >/dev/null 2>&1; then
    "$bin/ftpadm" -c "$config" rm "$account" --purge --yes 2>/dev/null
    echo "the account of the last demo is replaced"
  fi
  "$bin/ftpadm" -c "$config" create "$account" --password-stdin <"$password_file"
  echo "its password lies in $password_file, readable for you alone"
}

# Sets server, address and pin.
start_server() {
  addresses=$state/run/ferryd.addresses
  rm -f "$addresses"
  "$bin/ferryd" -c "$config" >"$work/ferryd.out" 2>&1 9>&- &
  server=$!
  left=$((start_seconds * 10))
  while [ ! -s "$addresses" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$work/ferryd.out" >&2; fail "ferryd did not start"; }
    [ $left -gt 0 ] || fail "ferryd is not ready after $start_seconds s; see $state/log/ferryd.log"
    sleep 0.1
    left=$((left - 1))
  done
  address=$(head -n 1 "$addresses")
  pin=$(sed -n 's/.*certificate SHA-256 \([0-9A-Fa-f:]*\).*/\1/p' "$state/log/ferryd.log" | tail -n 1 | tr -d :)
  [ -n "$pin" ] || fail "no certificate fingerprint in $state/log/ferryd.log"
}

# The project's own files and one big pseudo-random file, the same each time.
make_tree() {
  rm -rf "$work/tree" "$work/back"
  mkdir -p "$work/tree"
  find . \( -path ./build -o -path ./var -o -path ./.git \) -prune -o -type f -print0 |
    xargs -0 cp --parents -t "$work/tree"
  head -c "$big_file_bytes" /dev/zero |
    openssl enc -aes-128-ctr -K 000102030405060708090a0b0c0d0e0f -iv 00000000000000000000000000000000 >"$work/tree/big.bin"
}

digests_of() {
  (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

prove_equal() {
  digests_of "$work/tree" >"$work/sent.sha256"
  digests_of "$work/back/tree" >"$work/received.sha256"
  cmp "$work/sent.sha256" "$work/received.sha256" || fail "what came back is not what was sent"
  echo "$(wc -l <"$work/sent.sha256") files, $(du -sh --apparent-size "$work/tree" | cut -f 1): every SHA-256 is the same on both sides"
}

client() {
  command=$1
  shift
  "$bin/ferry" "$command" --pin "sha256:$pin" --password-file "$password_file" "$@"
}

# A line per file is for logs; without a terminal only the summary is shown.
transfer() {
  if [ -t 2 ]; then
    client "$@"
    return
  fi
  client "$@" >"$work/transfer.log" 2>&1 || {
    cat "$work/transfer.log" >&2
    fail "the transfer failed"
  }
  tail -n 1 "$work/transfer.log"
}

offer_client() {
  say "How to go on"
  if ! { [ -t 0 ] && [ -t 1 ]; }; then
    again=127.0.0.1:2121
    echo "This server, on $address, stops now."
    [ -n "$own_state" ] || echo "server:  $bin/ferryd -c $config --set listen=$again"
    echo "client:  $bin/ferry shell --password-file $password_file ftp://$account@$again/"
    return 0
  fi
  url=ftp://$account@$address/
  echo "server:  $address, FTP with AUTH TLS, certificate sha256:$pin"
  echo "client:  $bin/ferry shell --password-file $password_file $url"
  [ -n "$own_state" ] ||
    echo "later:   $bin/ferryd -c $config --set listen=127.0.0.1:2121, and the same client with that port"
  printf '\nEnter opens the client while this server runs, q stops: '
  read -r answer || answer=q
  [ "$answer" = q ] || client shell "$url" || true
}

mkdir -p "$work" var
exec 9>var/demo.lock
flock -n 9 || fail "another demo runs in this checkout"
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

choose_state
write_config
say "An account: $account"
make_account
say "A server"
start_server
echo "ferryd listens on $address"
say "A folder goes up"
make_tree
transfer put -r "$work/tree" "ftp://$account@$address/"
say "and comes back"
transfer get -r "ftp://$account@$address/tree" "$work/back"
prove_equal
say "What the operator sees"
"$bin/ftpadm" -c "$config" view "$account"
offer_client
