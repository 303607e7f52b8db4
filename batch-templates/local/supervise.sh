#!/bin/bash
# Runs a session's batch.sh on this machine as a scheduler would: out of reach of the terminal, up to its time, and no
# longer than the program that started it.
#
# Usage: supervise.sh SESSION_DIR. It prints "PID SECONDS" (the supervisor's id, the time limit) and returns; the
# supervisor goes on. TERM to it cancels the job. At the end SESSION_DIR/local-exit has one line: "completed 0",
# "failed STATUS", "cancelled" or "timed-out". src/scheduler/local.ts is the other half. Runs under bash 3.2 and 4.2.
# Names begin with sj_, because the job inherits what is exported already.

sj_directory=$1
# shellcheck source=/dev/null
source "$sj_directory/settings"

# session_of STAT_FILE: sets sj_session. A program's name may hold blanks and brackets; after it come: state, parent,
# group, session.
session_of() {
  local stat=
  { IFS= read -r -d '' stat <"$1"; } 2>/dev/null
  [ -n "$stat" ] || return 1
  # shellcheck disable=SC2086  # the fields are wanted
  set -- ${stat##*) }
  sj_session=$4
}

if [ "$2" != supervisor ]; then
  # At the end everything of the session is killed: it must be nobody else's.
  if session_of "/proc/$$/stat" && [ "$sj_session" != $$ ]; then
    echo "supervise.sh wants a session of its own: setsid bash $0 ..." >&2
    exit 1
  fi
  # A small container may have next to nothing.
  sj_missing=
  for sj_tool in bash date mktemp mv rm sleep uname; do
    type -P "$sj_tool" >/dev/null || sj_missing="$sj_missing $sj_tool"
  done
  if [ -n "$sj_missing" ]; then
    echo "not on your PATH:$sj_missing" >&2
    exit 3
  fi
  bash "$0" "$sj_directory" supervisor "$PPID" </dev/null >>"$sj_directory/job.log" 2>&1 &
  echo "$! ${sj_walltime_seconds:?}"
  exit
fi

sj_ending=

# end_job ENDING SECONDS: asks the whole process group to end, and kills what is left after that time.
end_job() {
  sj_ending=$1
  # The TERM comes here too. What is started from now on ignores it as well.
  trap '' TERM INT HUP USR1
  (sleep "$2" && kill -USR2 $$) & disown
  kill -TERM 0
}

# Kills everything of this session but the supervisor: Jupyter has a process group of its own. Where there is /proc it does
# without ps, which small containers lack. Elsewhere the process group must do for the session.
kill_others() {
  local file pid mine
  if session_of "/proc/$$/stat"; then
    mine=$sj_session
    for file in /proc/[0-9]*/stat; do
      pid=${file#/proc/}
      pid=${pid%/stat}
      if [ "$pid" != $$ ] && session_of "$file" && [ "$sj_session" = "$mine" ]; then
        kill -KILL "$pid" 2>/dev/null
      fi
    done
  else
    for pid in $(ps -A -o pid=,pgid= | awk -v self=$$ '
      { group[$1] = $2 }
      END { for (pid in group) if (pid != self && group[pid] == group[self]) print pid }'); do
      kill -KILL "$pid" 2>/dev/null
    done
  fi
}

# mark_of PID: sets sj_mark to what tells this process from a later one of its number; fails when it is gone. A zombie
# counts as gone. Without /proc the number must do.
mark_of() {
  local stat=
  if session_of "/proc/$$/stat"; then
    { IFS= read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null
    # shellcheck disable=SC2086  # the fields are wanted
    set -- ${stat##*) }
    # State, and when it started: fields 3 and 22 (proc(5)).
    sj_mark=${20-}
    case ${1-} in '' | Z | X) return 1 ;; esac
  else
    sj_mark=$1
    kill -0 "$1" 2>/dev/null
  fi
}

# Ends when the process does, however it ended: nobody is there then whom Ctrl-C would reach.
await_end_of() {
  local first
  mark_of "$1" || return
  first=$sj_mark
  while mark_of "$1" && [ "$sj_mark" = "$first" ]; do sleep 2; done
}

# Returns when the time is up. `start-jupyter extend` may leave a later end meanwhile.
await_end_of_time() {
  local end=$(($(date +%s) + sj_walltime_seconds)) left later
  while :; do
    later=
    { IFS= read -r later <"$sj_directory/extended"; } 2>/dev/null
    case $later in
      '' | 0* | *[!0-9]* | ????????????*) ;;
      *) [ "$later" -le "$end" ] || end=$later ;;
    esac
    left=$((end - $(date +%s)))
    [ "$left" -gt 0 ] || return 0
    sleep "$left" || return
  done
}

trap 'end_job cancelled 15' TERM INT HUP
trap 'end_job timed-out 30' USR1
trap kill_others USR2

cd "$sj_directory" || exit 1
bash "$sj_directory/batch.sh" &
sj_job=$!
# The second signal is for a group whose supervisor was killed. Disowned, so that bash says nothing of its end in the log.
(await_end_of_time && { kill -USR1 $$; sleep 1; kill -TERM 0; }) 2>/dev/null & disown
(await_end_of "$3"; kill -TERM $$; sleep 1; kill -TERM 0) 2>/dev/null & disown

# A signal ends a wait early; the job is still there then.
while :; do
  wait "$sj_job"
  sj_status=$?
  kill -0 "$sj_job" 2>/dev/null || break
done

kill_others
if [ -z "$sj_ending" ]; then
  if [ "$sj_status" -eq 0 ]; then sj_ending='completed 0'; else sj_ending="failed $sj_status"; fi
fi
umask 077
echo "$sj_ending" >"$sj_directory/local-exit.part" && mv "$sj_directory/local-exit.part" "$sj_directory/local-exit"
