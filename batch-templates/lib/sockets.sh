# shellcheck shell=bash
# Which sockets there are on this node, from /proc/net/tcp and tcp6 (proc(5)). A line there has: number, local
# address:port, remote address:port (hexadecimal), state (0A: listening), queues, timer, retransmits, owner's uid.

# sockets_on PORT: `state uid` of each socket with this local port, into the array sj_sockets. Fails without /proc.
# The file is taken in one piece: bash's `read` asks for it line by line, and each time the kernel makes it anew (2.6 s
# with 600 sockets).
sockets_on() {
  local line port all
  sj_sockets=()
  [ -r /proc/net/tcp ] || return 1
  printf -v port '%04X' "$1"
  all=$(</proc/net/tcp)
  [ ! -r /proc/net/tcp6 ] || all=$all$'\n'$(</proc/net/tcp6)
  local IFS=$'\n'
  for line in $all; do
    [[ $line == *":$port "* ]] || continue
    IFS=' '
    # shellcheck disable=SC2086  # to be split
    set -- $line
    [ "${2##*:}" != "$port" ] || sj_sockets+=("$4 $8")
  done
}

# Whether anything on this node has the TCP port. Without /proc: whether something answers on it.
port_in_use() {
  if sockets_on "$1"; then
    [ ${#sj_sockets[@]} -gt 0 ]
  else
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
  fi
}

# Whether this user listens on the port, and nobody else does.
port_is_ours() {
  local socket ours=1
  port_in_use "$1" || return 1
  for socket in "${sj_sockets[@]}"; do
    case $socket in
      "0A $EUID") ours=0 ;;
      '0A '*) return 1 ;;
    esac
  done
  return "$ours"
}
