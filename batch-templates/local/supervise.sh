#!/bin/bash
# Runs a session's batch.sh on this machine as a scheduler would: out of reach of the terminal, up to its time.
#
# Usage: supervise.sh SESSION_DIR. It prints "PID SECONDS" (the supervisor's id, the time limit) and returns; the
# supervisor goes on. TERM to it cancels the job. At the end SESSION_DIR/local-exit has one line: "completed 0",
# "failed STATUS", "cancelled" or "timed-out". src/scheduler/local.ts is the other half. Runs under bash 3.2 and 4.2.

session_dir=$1
# shellcheck source=/dev/null
source "$session_dir/settings"

if [ "$2" != supervisor ]; then
  bash "$0" "$session_dir" supervisor </dev/null >>"$session_dir/job.log" 2>&1 &
  echo "$! ${sj_walltime_seconds:?}"
  exit
fi

ending=

# end_job ENDING SECONDS: asks the whole process group to end, and kills what is left after that time.
end_job() {
  ending=$1
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
    mine=$session
    for file in /proc/[0-9]*/stat; do
      pid=${file#/proc/}
      pid=${pid%/stat}
      if [ "$pid" != $$ ] && session_of "$file" && [ "$session" = "$mine" ]; then
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

# session_of STAT_FILE: sets session. A program's name may hold blanks and brackets; after it come: state, parent,
# group, session.
session_of() {
  local stat=
  { IFS= read -r -d '' stat <"$1"; } 2>/dev/null
  [ -n "$stat" ] || return 1
  # shellcheck disable=SC2086  # the fields are wanted
  set -- ${stat##*) }
  session=$4
}

trap 'end_job cancelled 15' TERM INT HUP
trap 'end_job timed-out 30' USR1
trap kill_others USR2

cd "$session_dir" || exit 1
bash "$session_dir/batch.sh" &
job=$!
# The second signal is for a group whose supervisor was killed. Disowned, so that bash says nothing of its end in the log.
(sleep "$sj_walltime_seconds" && { kill -USR1 $$; sleep 1; kill -TERM 0; }) 2>/dev/null & disown

# A signal ends a wait early; the job is still there then.
while :; do
  wait "$job"
  status=$?
  kill -0 "$job" 2>/dev/null || break
done

kill_others
if [ -z "$ending" ]; then
  if [ "$status" -eq 0 ]; then ending='completed 0'; else ending="failed $status"; fi
fi
umask 077
echo "$ending" >"$session_dir/local-exit.part" && mv "$session_dir/local-exit.part" "$session_dir/local-exit"
