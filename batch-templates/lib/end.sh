# shellcheck shell=bash
# How a job ends: on any exit the name is given back, Jupyter stopped, the secrets removed, the outcome written.

# Together with the 5 s that giving the name back may take, this stays below 15 s: a scheduler that ends a job
# sends KILL some time after TERM (Slurm's KillWait is 30 s by default).
sj_grace_seconds=5
# What ends a session in order. PIPE: whoever read the job's output is gone, and with it, perhaps, the job.
sj_signals='HUP INT PIPE TERM USR1 USR2 XCPU'
sj_outcome='failed: the job script ended early'
# Jupyter's, where it ended by itself: that tells more than the script's own.
sj_ended_status=''

fail() {
  sj_outcome="failed: $*"
  exit 1
}

# Slurm sends TERM at the time limit and when a job is cancelled; USR1, USR2 and XCPU are warnings that a template
# may ask for (USR1 where it is not the launcher's: warn.sh).
stopped_by() {
  if [ "$1" = TERM ]; then
    sj_outcome='stopped: it was cancelled'
    ! time_is_up || sj_outcome='stopped: its time was up'
  else
    sj_outcome="stopped: signal $1"
  fi
  end_session $((128 + $(kill -l "$1")))
}

# end_session STATUS. Leaves the script.
end_session() {
  local status=$1 signal
  trap - EXIT
  # Not ignored (children would inherit that) but answered by nothing: this must run to its end.
  for signal in $sj_signals ALRM; do trap 'sj_signalled=yes' "$signal"; done
  stop_the_clock
  [[ $sj_outcome != stopped* ]] || say 'stopping'
  [ -z "$sj_request_pid" ] || kill "$sj_request_pid" 2>/dev/null
  destroy_name
  rm -f -- "$session_dir/token" "$session_dir/redeem.secret" "$session_dir/key.pem" \
    "$session_dir/jupyter_config.json" "$session_dir/open.html"
  stop_jupyter
  [ -z "$sj_runtime" ] || rm -rf -- "$sj_runtime"
  write_outcome "$status"
  say "$sj_outcome"
  exit "$status"
}

# Three lines: what happened, the exit status that tells most of it, when. Under another name first: who waits for it
# never reads half of it.
write_outcome() {
  printf '%s\nstatus %d\n%s\n' "$sj_outcome" "${sj_ended_status:-$1}" "$(iso_date "$(date +%s)")" \
    >"$session_dir/outcome.new" && mv -f -- "$session_dir/outcome.new" "$session_dir/outcome"
}

# Waits for Jupyter's process group and kills what is left of it after the grace. The group outlives its leader when
# Jupyter left children behind.
stop_jupyter() {
  [ -n "$sj_jupyter_pid" ] || return 0
  local until=$((SECONDS + sj_grace_seconds))
  kill -TERM -- "-$sj_jupyter_pid" 2>/dev/null
  while kill -0 -- "-$sj_jupyter_pid" 2>/dev/null && [ "$SECONDS" -lt "$until" ]; do
    nap
  done
  kill -KILL -- "-$sj_jupyter_pid" 2>/dev/null
  wait "$sj_jupyter_pid" 2>/dev/null
  sj_jupyter_pid=
}

# A short pause. Some old systems sleep only whole seconds.
nap() {
  sleep 0.02 2>/dev/null || sleep 1
}

# Whether Jupyter has just said that it ends because it was idle; for how many seconds, into sj_idle.
was_idle() {
  local said pattern='No kernels[a-z ]* for ([0-9]+) seconds; shutting down'
  said=$(tail -c 2000 -- "$session_dir/job.log" 2>/dev/null)
  [[ $said =~ $pattern ]] || return 1
  sj_idle=${BASH_REMATCH[1]}
}
