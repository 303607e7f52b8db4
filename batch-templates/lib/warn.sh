# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
# The end in sight: when the job's time is up, and what it does some minutes before. The scheduler signals it (USR1), or
# a clock of the job's own does (ALRM). Jupyter is left alone: it goes on as before.

# How long the proxy may take to be told, in seconds.
sj_tell_seconds=5
# How far a scheduler's signal may come from the time that it was asked for: Slurm looks once a minute.
sj_signal_slack_seconds=120
# How often the clock looks whether the session was extended, in seconds.
sj_clock_seconds=30
sj_clock_pid=''
sj_warned_end=''
sj_signalled=''
sj_untold=''
sj_telling=''
sj_waiting=''

expect_warning() {
  sj_ends=$((sj_started_at + sj_walltime_seconds))
  [ "${sj_warn_seconds:-0}" -gt 0 ] || return 0
  trap warn_of_end ALRM
  if [ "$sj_warn_by" = scheduler ]; then trap warn_of_end USR1; else start_the_clock; fi
}

start_the_clock() {
  [ -z "$sj_clock_pid" ] || return 0
  set -m
  as_child watch_the_clock </dev/null >/dev/null 2>&1 &
  sj_clock_pid=$!
  set +m
}

# When the time is up, into sj_end_at. `start-jupyter extend` leaves a later one, and so does nobody else.
know_end() {
  local later=''
  sj_end_at=$sj_ends
  { IFS= read -r later <"$session_dir/extended"; } 2>/dev/null
  case $later in
    '' | 0* | *[!0-9]* | ????????????*) ;;
    *) [ "$later" -le "$sj_end_at" ] || sj_end_at=$later ;;
  esac
}

# In the background process: tells the job's shell when it is time, and again after the time was lengthened.
watch_the_clock() {
  local told=$sj_warned_end left
  while kill -0 $$ 2>/dev/null; do
    know_end
    left=$((sj_end_at - sj_warn_seconds - $(date +%s)))
    if [ "$left" -le 0 ]; then
      [ "$told" = "$sj_end_at" ] || kill -ALRM $$
      told=$sj_end_at
      left=$sj_clock_seconds
    fi
    sleep $((left < sj_clock_seconds ? left : sj_clock_seconds))
  done
}

stop_the_clock() {
  [ -n "$sj_clock_pid" ] || return 0
  kill -TERM -- "-$sj_clock_pid" 2>/dev/null
  wait "$sj_clock_pid" 2>/dev/null
  sj_clock_pid=''
}

# Answers the signal, whatever the job does at that moment.
warn_of_end() {
  local now off
  now=$(date +%s)
  know_end
  if [ "$sj_warn_by" = scheduler ]; then
    # The scheduler knows best: somebody may have given the job more time, or less.
    off=$((now + sj_warn_seconds - sj_end_at))
    [ "${off#-}" -le "$sj_signal_slack_seconds" ] || sj_end_at=$((now + sj_warn_seconds)) sj_ends=$sj_end_at
  fi
  say "this session ends at $(clock_time "$sj_end_at" "$now"), in $(time_left $((sj_end_at - now))): save your work"
  { iso_date "$sj_end_at" >"$session_dir/warning.new" &&
    mv -f -- "$session_dir/warning.new" "$session_dir/warning"; } 2>/dev/null
  sj_warned_end=$sj_end_at
  sj_untold=yes
  [ -z "$sj_waiting" ] || follow_warning
  # The last word: what is asked above waits as well.
  sj_signalled=yes
}

# What there is time for once Jupyter is waited for. Slurm signals once, also when the job gets more time afterwards: from
# then on the clock warns.
follow_warning() {
  [ -n "$sj_warned_end" ] || return 0
  start_the_clock
  tell_of_end
}

# Tells the proxy, once the name is mapped. Nothing depends on the answer: an older proxy knows no such call.
tell_of_end() {
  while [ -n "$sj_untold" ] && [ -z "$sj_telling" ]; do
    sj_untold=''
    [ "$sj_protocol" = v1 ] && [ -r "$session_dir/redeem.secret" ] || return 0
    sj_telling=yes
    to_proxy
    request PUT "/api/v1/sessions/$sj_name/ending" "$sj_tell_seconds" "{\"endsAt\":\"$(iso_date "$sj_end_at")\"}"
    sj_authorization=''
    sj_telling=''
  done
}

# await_child PID. Its exit status, also when a warning comes meanwhile: that ends bash's own wait early.
await_child() {
  local status again
  sj_signalled=''
  wait "$1"
  status=$?
  while [ -n "$sj_signalled" ] && [ "$status" -gt 128 ]; do
    sj_signalled=''
    wait "$1" 2>/dev/null
    again=$?
    # 127: the status was the child's own, and bash tells it once.
    [ "$again" -eq 127 ] || status=$again
  done
  return "$status"
}

# Whether the job is so near its end that TERM is the time limit's: the script starts some time after its job.
time_is_up() {
  local slack=$((sj_walltime_seconds / 10))
  know_end
  [ "$(date +%s)" -ge $((sj_end_at - (slack < 60 ? slack : 60))) ]
}

# formatted SECONDS FORMAT [-u]. GNU date takes -d, BSD date -r.
formatted() {
  date ${3+"$3"} -d "@$1" "+$2" 2>/dev/null || date ${3+"$3"} -r "$1" "+$2"
}

iso_date() {
  formatted "$1" %Y-%m-%dT%H:%M:%SZ -u
}

# clock_time SECONDS NOW: on this node's clock; with the day where it is another one.
clock_time() {
  if [ "$(formatted "$1" %F)" = "$(formatted "$2" %F)" ]; then
    formatted "$1" '%H:%M %Z'
  else
    formatted "$1" '%F %H:%M %Z'
  fi
}

# In words for a person.
time_left() {
  local minutes=$((($1 + 30) / 60))
  if [ "$minutes" -lt 1 ]; then
    printf 'less than a minute'
  elif [ "$minutes" -eq 1 ]; then
    printf 'about a minute'
  elif [ "$minutes" -lt 120 ]; then
    printf 'about %d minutes' "$minutes"
  else
    printf 'about %d hours' $(((minutes + 30) / 60))
  fi
}
