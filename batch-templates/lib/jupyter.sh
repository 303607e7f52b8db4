# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
# Starts Jupyter on a free port, in a process group of its own, and makes sure that it is ours before anything
# secret goes there.

# How long Jupyter may take to answer (seconds; a cold parallel file system is slow) and how many ports are tried.
sj_start_seconds=180
# The same in an image: where the kernel mounts none for users, apptainer unpacks it at each start.
sj_image_start_seconds=600
sj_port_tries=5
sj_jupyter_pid=''
sj_runtime=''

# Kernels keep Unix sockets there, and the path of one ends at 107 characters; so the directory must be short.
make_runtime_directory() {
  local base
  # With ssh, Jupyter's own socket may lie there, too: first where ssh would find it.
  if [[ " ${sj_ssh_ways-} " == *' socket '* ]]; then
    for base in "${SLURM_TMPDIR-}" "${TMPDIR-}" /tmp /var/tmp; do
      [ -z "$base" ] || ! socket_can_be_seen "$base" || ! others_leave_alone "$base" || ! make_runtime_below "$base" ||
        return 0
    done
  fi
  for base in "${SLURM_TMPDIR-}" "${TMPDIR-}" /tmp; do
    [ -z "$base" ] || ! others_leave_alone "$base" || ! make_runtime_below "$base" || return 0
  done
  for base in "${SLURM_TMPDIR-}" "${TMPDIR-}" /tmp; do
    [ -z "$base" ] || ! make_runtime_below "$base" || return 0
  done
  fail "no directory for temporary files can be made on node $sj_node"
}

make_runtime_below() {
  [ -z "${sj_image-}" ] || can_be_bound "$1" || return 1
  [ ${#1} -le 40 ] && sj_runtime=$(mktemp -d "$1/sj-XXXXXXXX")
}

# Whether what is made in this directory stays there. In one that others may write to, too, they could put a directory of
# their own in its place, and with it what Jupyter, ssh and kernels look for; unless its sticky bit keeps them from that.
others_leave_alone() {
  [ -k "$1" ] || [ -O "$1" ]
}

# What Jupyter binds to (sj_bind_address) and where it is then reached from this node (sj_node_address). IPv4, as
# the redeem: the proxy maps the address that the redeem comes from.
find_node_address() {
  sj_node_address=127.0.0.1
  choose_way
  [ "$sj_way" != socket ] || sj_socket=$sj_runtime/jupyter.sock
  if [ "$sj_bind" = loopback ] || [ "$sj_way" = socket ] || [ "$sj_way" = loopback ]; then
    sj_bind_address=127.0.0.1
  elif [ -z "$sj_node_suffix" ]; then
    sj_bind_address=0.0.0.0
  else
    sj_bind_address=$sj_node$sj_node_suffix
    sj_node_address=$(address_of "$sj_bind_address")
    [ -n "$sj_node_address" ] ||
      fail "the name $sj_bind_address cannot be looked up on this node: is node_suffix of this system right?"
  fi
}

# address_of NAME: prints its first IPv4 address, or nothing. Small images and macOS have no getent.
address_of() {
  local found python
  found=$(getent ahostsv4 "$1" 2>/dev/null)
  for python in "${sj_python-}" "$(type -P python3)"; do
    [ -z "$found" ] || break
    [ ! -x "$python" ] ||
      found=$("$python" -I -c 'import socket, sys; print(socket.gethostbyname(sys.argv[1]))' "$1" 2>/dev/null)
  done
  printf '%s' "${found%%[[:space:]]*}"
}

# Tries ports until Jupyter answers on one.
# 20000-32767 lies below what systems hand out to outgoing connections (from 32768 on Linux, 49152 on macOS), any of
# which could have the port already.
start_jupyter() {
  local try
  if [ -n "${sj_image-}" ]; then
    check_image
    sj_start_seconds=$sj_image_start_seconds
  else
    [ -z "$sj_jupyter" ] || [ -x "$sj_jupyter" ] ||
      fail "there is no $sj_jupyter on node $sj_node: is its file system there?"
  fi
  [ -d "$sj_root_dir" ] || fail "there is no directory $sj_root_dir on node $sj_node"
  [ -z "${sj_image-}" ] || fetch_image
  if [ -n "$sj_socket" ]; then
    # With a socket, Jupyter takes no port but its own default, and does not use it.
    sj_jupyter_port=8888
    say "starting Jupyter on node $sj_node, at a socket of its own"
    start_in_background run_jupyter
    await_jupyter
    return
  fi
  for ((try = 0; try < sj_port_tries; try++)); do
    sj_jupyter_port=$((20000 + RANDOM % 12768))
    port_in_use "$sj_jupyter_port" && continue
    say "starting Jupyter on node $sj_node, port $sj_jupyter_port"
    rm -f -- "$sj_runtime"/*server-*.json
    start_in_background run_jupyter
    await_jupyter && return 0
    say "port $sj_jupyter_port is somebody else's, trying another one"
    stop_jupyter
  done
  fail "no free port was found on node $sj_node in $sj_port_tries tries"
}

# start_in_background FUNCTION. Job control gives it a process group of its own.
start_in_background() {
  set -m
  as_child "$1" </dev/null &
  sj_jupyter_pid=$!
  set +m
}

as_child() {
  # shellcheck disable=SC2086  # names
  trap - EXIT $sj_signals
  "$1"
}

# In the background process: becomes Jupyter.
run_jupyter() {
  local class jupyter=$sj_jupyter arguments
  restore_environment
  case $server in
    jupyterlab) arguments=(lab) ;;
    *) arguments=(notebook) ;;
  esac
  arguments+=("--config=$session_dir/jupyter_config.json")
  # A port or address that a person's own jupyter_config.py gives for any class beats --port and --ip (seen with
  # JupyterLab 4 and Notebook 7, which copy the others over ServerApp's).
  # shellcheck disable=SC2086  # names
  for class in $sj_classes; do
    arguments+=("--$class.ip=$sj_bind_address" "--$class.port=$sj_jupyter_port" "--$class.port_retries=0")
    case $sj_way in
      socket) arguments+=("--$class.sock=$sj_socket" "--$class.sock_mode=0600") ;;
      address) arguments+=("--$class.certfile=$session_dir/certificate.pem" "--$class.keyfile=$session_dir/key.pem") ;;
    esac
  done
  [ -z "${sj_image-}" ] || become_in_image "$jupyter" "${arguments[@]}"
  [ -n "$jupyter" ] || jupyter=$(type -P jupyter) || exit 127
  cd -- "$sj_root_dir" || exit 1
  umask "$sj_umask"
  exec "$jupyter" "${arguments[@]}"
}

jupyter_lives() {
  kill -0 "$sj_jupyter_pid" 2>/dev/null
}

# Waits until Jupyter answers with the token. 1: the port is somebody else's.
await_jupyter() {
  local until=$((SECONDS + sj_start_seconds)) from=$SECONDS status
  while [ "$SECONDS" -lt "$until" ]; do
    if ! jupyter_lives; then
      await_child "$sj_jupyter_pid"
      status=$?
      # With port_retries=0 a port that is taken ends Jupyter with status 1.
      [ "$status" -eq 1 ] && [ -z "$sj_socket" ] && port_in_use "$sj_jupyter_port" && return 1
      jupyter_ended "$status" 'before it answered'
    fi
    # The file is there some 50 ms before the port listens: a request would only come too early.
    if runtime_file_is_there && jupyter_listens; then
      probe_jupyter
      case $? in
        0) say "ready after $((SECONDS - from)) s"; return 0 ;;
        3) return 1 ;;
      esac
    fi
    nap
  done
  [ ! -s "$sj_runtime/doing" ] || fail "Jupyter did not start within $sj_start_seconds s: still $(<"$sj_runtime/doing")"
  [ -z "$sj_socket" ] || fail "Jupyter did not answer at its socket within $sj_start_seconds s"
  fail "Jupyter did not answer on port $sj_jupyter_port within $sj_start_seconds s"
}

jupyter_listens() {
  if [ -n "$sj_socket" ]; then [ -S "$sj_socket" ]; else port_in_use "$sj_jupyter_port"; fi
}

# Jupyter writes it just before it listens.
runtime_file_is_there() {
  local file
  for file in "$sj_runtime"/*server-*.json; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}

# 0: our Jupyter answers and knows the token; 1: not yet; 3: somebody else answers.
# With TLS nothing is sent before the session's own certificate was seen. Without, the socket must be this user's, as
# everything is in the runtime directory.
probe_jupyter() {
  if [ -n "$sj_socket" ]; then
    target http localhost 80 '' '' "$sj_socket"
  elif [ "$sj_way" != loopback ] && [ -e "$session_dir/certificate.pem" ]; then
    target https localhost "$sj_jupyter_port" "$sj_node_address" "$session_dir/certificate.pem"
  else
    port_is_ours "$sj_jupyter_port" || return 1
    jupyter_lives || return 1
    target http "$sj_node_address" "$sj_jupyter_port" "$sj_node_address" ''
  fi
  IFS= read -r sj_token <"$session_dir/token"
  sj_authorization="token $sj_token"
  unset sj_token
  request GET /api/status 5
  sj_result=$?
  sj_authorization=
  [ "$sj_result" -ne 2 ] || fail "Jupyter cannot be asked: $sj_error"
  [ "$sj_result" -eq 0 ] || return "$sj_result"
  case $sj_status in
    200) return 0 ;;
    401 | 403) fail "Jupyter does not accept the session's token: a setting of your own Jupyter configuration overrides it" ;;
    *) return 1 ;;
  esac
}

# Written under another name first: who waits for it never reads half of it.
write_ready() {
  local way='' port=$sj_jupyter_port
  [ -z "$sj_socket" ] || port=0
  [ -z "$sj_way" ] || way=",\"way\":\"$sj_way\",\"socket\":\"$sj_socket\""
  printf '{"node":"%s","address":"%s","port":%d,"pid":%d,"readyAt":"%s"%s}\n' "$sj_node" "$sj_bind_address" \
    "$port" "$sj_jupyter_pid" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$way" >"$session_dir/ready.json.new"
  mv -f -- "$session_dir/ready.json.new" "$session_dir/ready.json"
  if [ -z "$sj_way" ]; then say "$sj_name is mapped to this node"; else say "ssh can lead to it now ($sj_way)"; fi
}

# jupyter_ended STATUS WHEN. Ends the job because Jupyter did.
jupyter_ended() {
  sj_ended_status=$1
  [ ! -s "$sj_runtime/failure" ] || fail "$(<"$sj_runtime/failure")"
  [ -z "${sj_image-}" ] || image_ended "$1"
  case $1 in
    126 | 127) fail "no jupyter that starts was found on node $sj_node" ;;
    137) fail "Jupyter was killed: perhaps the job ran out of memory" ;;
    *) fail "Jupyter ended $2 (status $1); its own words are in the log" ;;
  esac
}

wait_for_jupyter() {
  local status
  sj_waiting=yes
  follow_warning
  await_child "$sj_jupyter_pid"
  status=$?
  # Whoever ends the job sends TERM to all of its processes, and on a busy node Jupyter's may come before ours.
  [ "$status" -ne 143 ] || sleep 1
  [ "$status" -eq 0 ] || jupyter_ended "$status" 'by itself'
  sj_outcome=completed
  ! was_idle || sj_outcome="completed: nobody had used it for $(time_left "$sj_idle")"
  exit 0
}
