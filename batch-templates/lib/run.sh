# shellcheck shell=bash source-path=SCRIPTDIR
# What every job runs: starts Jupyter on this node, maps the session's name to it, waits, cleans up.
#
# A job template sources this file as its last line, with session_dir and server set. It never returns: the
# script ends here. docs/architecture.md ("The job") says what the files beside it are and who makes them.
# It must run under bash 3.2 (macOS) and 4.2 (CentOS 7).

# A template may have any of these on. Tracing would print secrets and allexport would hand them to every child.
{ set +aCefuvxn +o pipefail +o posix; } 2>/dev/null
shopt -u nullglob failglob extdebug
IFS=$' \t\n'
unset BASH_ENV ENV CDPATH GLOBIGNORE
umask 077
# An exported variable stays exported when it is assigned: start with none of our names in use.
# shellcheck disable=SC2086  # names only
unset ${!sj_@}

say() {
  printf 'start-jupyter: %s\n' "$*"
}

# The session directory is left as it is: another run of this script may own what lies there.
refuse() {
  say "failed: $*"
  exit 1
}

cd / || exit 1
: "${session_dir:?}" "${server:?}"
for sj_file in settings environment lib/{conda,container,end,environment,http,inside,jupyter,modules,name,sockets,ssh,warn}.sh; do
  [ -r "$session_dir/$sj_file" ] || refuse "$session_dir/$sj_file cannot be read on $(uname -n)"
done
# shellcheck source=/dev/null
source "$session_dir/settings"
# shellcheck source=/dev/null
source "$session_dir/environment"
# shellcheck source=./conda.sh
source "$session_dir/lib/conda.sh"
# shellcheck source=./container.sh
source "$session_dir/lib/container.sh"
# shellcheck source=./end.sh
source "$session_dir/lib/end.sh"
# shellcheck source=./environment.sh
source "$session_dir/lib/environment.sh"
# shellcheck source=./http.sh
source "$session_dir/lib/http.sh"
# shellcheck source=./jupyter.sh
source "$session_dir/lib/jupyter.sh"
# shellcheck source=./modules.sh
source "$session_dir/lib/modules.sh"
# shellcheck source=./name.sh
source "$session_dir/lib/name.sh"
# shellcheck source=./sockets.sh
source "$session_dir/lib/sockets.sh"
# shellcheck source=./ssh.sh
source "$session_dir/lib/ssh.sh"
# shellcheck source=./warn.sh
source "$session_dir/lib/warn.sh"

[ ! -e "$session_dir/ready.json" ] ||
  refuse "this session was started before, and a session starts only once: run start-jupyter again"
for sj_file in token jupyter_config.json; do
  [ -r "$session_dir/$sj_file" ] ||
    refuse "this session has ended and its secrets are gone: run start-jupyter again"
done

sj_started_at=$(date +%s)
# bash keeps a HOSTNAME that came with the environment, which may be the login node's.
sj_node=$(uname -n)
sj_node=${sj_node%%.*}

trap 'end_session $?' EXIT
for sj_signal in $sj_signals; do
  # shellcheck disable=SC2064  # the name is wanted as it is now
  trap "stopped_by $sj_signal" "$sj_signal"
done
expect_warning

make_runtime_directory
find_node_address
start_jupyter
redeem_name
write_ready
wait_for_jupyter
