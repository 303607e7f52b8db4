# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
# Where there is no proxy: what ssh leads to on this node. The best way is a Unix socket, which no other user can even
# connect to; then loopback, where everybody on the node can knock; then, where ssh does not come to the node, the
# node's address, with TLS.

# Where an ssh server listens.
sj_ssh_port=22
# The way that was chosen; empty: there is a proxy.
sj_way=''
sj_socket=''

# Chooses the first way that is allowed and that this node offers.
choose_way() {
  local way why=''
  [ "${sj_connect-}" = ssh ] || return 0
  for way in $sj_ssh_ways; do
    sj_error=''
    if "can_use_$way"; then
      sj_way=$way
      return 0
    fi
    why="$why${why:+; }$way: $sj_error"
  done
  fail "ssh has no way to Jupyter on node $sj_node ($why)"
}

can_use_socket() {
  can_use_loopback || return 1
  if ! socket_can_be_seen "$sj_runtime"; then
    sj_error="no directory for temporary files on node $sj_node is seen by ssh as well"
  elif ! others_leave_alone "${sj_runtime%/*}"; then
    sj_error="others can change what is in ${sj_runtime%/*} on node $sj_node"
  else
    return 0
  fi
  return 1
}

can_use_loopback() {
  ssh_listens && return 0
  sj_error="no ssh server listens on node $sj_node"
  return 1
}

can_use_address() {
  [ -r "$session_dir/certificate.pem" ] && return 0
  sj_error='the session has no certificate'
  return 1
}

# Whether this node has an ssh server at its usual port. Where that cannot be told, it has.
ssh_listens() {
  local socket
  sockets_on "$sj_ssh_port" || return 0
  for socket in "${sj_sockets[@]}"; do
    case $socket in 0A\ *) return 0 ;; esac
  done
  return 1
}

# Whether a socket in this directory is there for a shell that comes by ssh, and its path means the same in every shell
# that the command could be typed into. Schedulers can give each job a /tmp of its own: a folder of some other file system
# is mounted there then (Slurm's job_container/tmpfs), which ssh need not see.
socket_can_be_seen() {
  local place mount_root mount_point seen='' root=/
  case $1 in *[!A-Za-z0-9_./-]*) return 1 ;; esac
  [ ${#1} -le 90 ] || return 1
  [ -r /proc/self/mountinfo ] || return 0
  place=$1/
  while read -r _ _ _ mount_root mount_point _; do
    case $place in
      "${mount_point%/}"/*)
        # The later one of the same place lies above the other.
        [ ${#mount_point} -lt ${#seen} ] || { seen=$mount_point root=$mount_root; }
        ;;
    esac
  done </proc/self/mountinfo
  [ "$seen" = / ] || [ "$root" = / ]
}
