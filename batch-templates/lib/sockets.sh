# shellcheck shell=bash
# Which sockets there are on this node, from /proc/net/tcp and tcp6 (proc(5)). A line there has: number, local
# address:port, remote address:port (hexadecimal), state (0A: listening), queues, timer, retransmits, owner's uid.

# sockets_on PORT: a line `state uid` for each, into sj_sockets. Fails where there is no /proc.
sockets_on() {
  local file port local_address state uid
  sj_sockets=''
  [ -r /proc/net/tcp ] || return 1
  printf -v port '%04X' "$1"
  for file in /proc/net/tcp /proc/net/tcp6; do
    [ -r "$file" ] || continue
    while read -r _ local_address _ state _ _ _ uid _; do
      [ "${local_address##*:}" != "$port" ] || sj_sockets="$sj_sockets$state $uid"$'\n'
    done <"$file"
  done
}

# Whether anything on this node has the TCP port. Without /proc: whether something answers on it.
port_in_use() {
  if sockets_on "$1"; then
    [ -n "$sj_sockets" ]
  else
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
  fi
}

# Whether this user listens on the port, and nobody else does.
port_is_ours() {
  local state uid ours=1
  sockets_on "$1" || return 1
  while read -r state uid; do
    [ "$state" = 0A ] || continue
    [ "$uid" = "$EUID" ] || return 1
    ours=0
  done <<<"$sj_sockets"
  return "$ours"
}
