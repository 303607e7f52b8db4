# shellcheck shell=bash
# HTTP with what the node has: curl, else wget, else python3. Secrets go to them by standard input or by a file of
# mode 0600 in the runtime directory, never in an argument list or an environment, which others can read or inherit.
# A tool that cannot do what is asked gives way to the next one.

sj_request_pid=

# Where the next requests go: scheme, host (the name that the certificate must have), port, address to connect to
# (empty: look the host up), file with the certificate authority (empty: the system's own), Unix socket to connect to
# in the place of an address.
target() {
  sj_scheme=$1 sj_host=$2 sj_port=$3 sj_address=$4 sj_ca=$5 sj_target_socket=${6-}
}

# request METHOD PATH SECONDS [BODY], with sj_authorization as the header's value or empty.
# 0: answered, with sj_status and sj_answer (its first 2000 bytes). Else nothing came, and sj_error says why:
# 1 not reached, 3 the peer's certificate is not the right one, 2 no tool on this node can do it.
request() {
  local tool result
  sj_status='' sj_answer='' sj_error='neither curl, wget nor python3 on this node can do it'
  for tool in curl wget python; do
    : >"$sj_runtime/answer"
    : >"$sj_runtime/error"
    "ask_with_$tool" "$@"
    result=$?
    [ "$result" -ne 2 ] || continue
    IFS= read -r -d '' -n 2000 sj_answer <"$sj_runtime/answer"
    [ "$result" -eq 0 ] || read_error "$tool"
    return "$result"
  done
  return 2
}

# The tool's first line of complaint: curl and wget let advice follow. It may hold what the peer said, which must not
# drive the terminal that shows the log.
read_error() {
  local line
  sj_error="$1 said nothing"
  while IFS= read -r line || [ -n "$line" ]; do
    [ -z "$line" ] || { sj_error=${line//[[:cntrl:]]/ }; return; }
  done <"$sj_runtime/error"
}

# Waits for the tool that was just started in the background: a signal is answered at once while bash waits, and
# only afterwards while it runs a command in the foreground.
await_tool() {
  local status
  sj_request_pid=$!
  await_child "$sj_request_pid"
  status=$?
  sj_request_pid=
  return "$status"
}

# One line of a curl configuration: values stand in double quotes there, and \ and " are escaped.
curl_option() {
  local value=${2//\\/\\\\}
  printf '%s = "%s"\n' "$1" "${value//\"/\\\"}"
}

ask_with_curl() {
  local curl where=(-4)
  curl=$(type -P curl) || return 2
  # An argument, for an option that it does not know in a configuration curl only warns of (before 7.40). With -4 it
  # finds no socket.
  [ -z "$sj_target_socket" ] || where=(--unix-socket "$sj_target_socket")
  {
    curl_option url "$sj_scheme://$sj_host:$sj_port$2"
    curl_option request "$1"
    [ -z "$sj_authorization" ] || curl_option header "Authorization: $sj_authorization"
    [ -z "${4-}" ] || { curl_option header 'Content-Type: application/json'; curl_option data "$4"; }
    [ -z "$sj_ca" ] || curl_option cacert "$sj_ca"
    [ -z "$sj_address" ] || [ "$sj_address" = "$sj_host" ] ||
      curl_option resolve "$sj_host:$sj_port:$sj_address"
  } | "$curl" -q --config - -sS "${where[@]}" --noproxy '*' --max-time "$3" -o "$sj_runtime/answer" -w '%{http_code}' \
    >"$sj_runtime/status" 2>"$sj_runtime/error" &
  await_tool
  # curl's own numbers (EXIT CODES in its manual page): 1, 2, 4, 48 it was built without something, 77 it cannot
  # read its certificates, 126, 127 it does not start; 51, 60 the peer's certificate.
  case $? in
    0) IFS= read -r sj_status <"$sj_runtime/status" || [ -n "$sj_status" ] ;;
    1 | 2 | 4 | 48 | 77 | 126 | 127) return 2 ;;
    51 | 60) return 3 ;;
    *) return 1 ;;
  esac
}

# wget cannot be told which address a name has, nor how long it may take in all (`timeout` can), and knows no sockets.
ask_with_wget() {
  local wget timeout line status
  [ -z "$sj_target_socket" ] || return 2
  wget=$(type -P wget) && timeout=$(type -P timeout) || return 2
  [ -z "$sj_address" ] || [ "$sj_address" = "$sj_host" ] || [ "$sj_host@$sj_address" = localhost@127.0.0.1 ] ||
    return 2
  [[ $("$wget" --help 2>/dev/null) == *--method* ]] || return 2
  printf '%s\n' "${sj_authorization:+header = Authorization: $sj_authorization}" >"$sj_runtime/wgetrc"
  printf '%s\n' "$sj_scheme://$sj_host:$sj_port$2" |
    WGETRC="$sj_runtime/wgetrc" "$timeout" "$3" "$wget" -nv -S -4 --no-proxy --no-hsts --tries=1 --max-redirect=0 \
      --content-on-error --method="$1" ${4:+--header='Content-Type: application/json' --body-data="$4"} \
      ${sj_ca:+--ca-certificate="$sj_ca"} -O "$sj_runtime/answer" -i - >/dev/null 2>"$sj_runtime/error" &
  await_tool
  status=$?
  rm -f -- "$sj_runtime/wgetrc"
  # wget's own numbers: 2 an option it does not know, 5 the peer's certificate, 8 an answer that is an error.
  case $status in
    0 | 8) ;;
    2 | 126 | 127) return 2 ;;
    5) return 3 ;;
    *) return 1 ;;
  esac
  while read -r line; do
    case $line in HTTP/*) line=${line#* }; sj_status=${line%% *} ;; esac
  done <"$sj_runtime/error"
  [ -n "$sj_status" ]
}

ask_with_python() {
  local python
  for python in "${sj_python-}" "$(type -P python3)"; do
    [ -x "$python" ] || continue
    printf '%s\n' "$1" "$2" "$3" "${4-}" "$sj_scheme" "$sj_host" "$sj_port" "$sj_address" "$sj_authorization" \
      "$sj_target_socket" |
      "$python" -I "$session_dir/lib/request.py" "$sj_ca" "$sj_runtime/answer" >"$sj_runtime/status" \
        2>"$sj_runtime/error" &
    await_tool
    # request.py's own numbers; any other: this python3 does not work here.
    case $? in
      0) IFS= read -r sj_status <"$sj_runtime/status"; return 0 ;;
      11) return 1 ;;
      13) return 3 ;;
    esac
  done
  return 2
}
