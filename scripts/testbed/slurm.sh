# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# A real Slurm cluster of one host, with a configuration, ports, state and munge of its own: the machine's own
# Slurm and munge, if there are any, are not touched. Sourced by up.sh and stop.sh.

export SLURM_CONF=$slurm_conf

# True when the cluster runs, answers and would take jobs.
slurm_answers() {
  alive "$munge_dir/munged.pid" "$munge_socket" && alive "$cluster/slurmctld.pid" slurmctld &&
    alive "$cluster/slurmd.pid" slurmd && [[ $(timeout 5 sinfo -h -o %T 2>/dev/null) =~ ^(idle|mixed|allocated|completing|drain) ]]
}

start_slurm() {
  if slurm_answers; then
    clear_leftovers
    return
  fi
  stop_slurm
  say "starting Slurm ($slurm_conf)"
  mkdir -p "$cluster/state" "$cluster/spool"
  slurm_configuration >"$slurm_conf"
  gpu_configuration >"$cluster/gres.conf"
  start_munge
  # Not our standard output: who reads it would wait for the daemons to end.
  slurmctld -c >"$cluster/start.log" 2>&1 9>&- || fail "slurmctld did not start: $(cat "$cluster/start.log")"
  slurmd >>"$cluster/start.log" 2>&1 9>&- || fail "slurmd did not start: $(cat "$cluster/start.log")"
  local try
  for ((try = 0; try < 150; try++)); do
    slurm_answers && return
    sleep 0.2
  done
  fail "Slurm did not become ready in 30 s: see $cluster/*.log"
}

# What a killed test run left: jobs, and a drained node. Not while another run uses the cluster.
clear_leftovers() {
  (flock -n 8 && cancel_all && resume_node) 8>"$in_use"
}

cancel_all() {
  timeout 10 scancel --full --signal=KILL --state=RUNNING >/dev/null 2>&1
  timeout 10 scancel --state=PENDING >/dev/null 2>&1
}

resume_node() {
  [[ $(timeout 5 sinfo -h -o %T) != drain* ]] || timeout 10 scontrol update "NodeName=$(hostname -s)" State=RESUME
}

start_munge() {
  mkdir -p "$munge_dir"
  if [[ ! -s $munge_dir/munge.key ]]; then
    (umask 077 && head -c 128 /dev/urandom >"$munge_dir/munge.key")
  fi
  chown -R munge: "$munge_dir"
  # The socket must be reachable by every user, the key only by munge.
  chmod 711 "$munge_dir"
  runuser -u munge -- munged --socket="$munge_socket" --key-file="$munge_dir/munge.key" \
    --log-file="$munge_dir/munged.log" --pid-file="$munge_dir/munged.pid" --seed-file="$munge_dir/munged.seed" \
    >"$cluster/munged-start.log" 2>&1 9>&- || fail "munged did not start: $(cat "$cluster/munged-start.log")"
}

# Cancels what runs, then ends the daemons; also right for what a killed run left behind.
stop_slurm() {
  if alive "$cluster/slurmctld.pid" slurmctld; then cancel_all; fi
  end_process "$cluster/slurmd.pid" slurmd
  end_process "$cluster/slurmctld.pid" slurmctld
  end_process "$munge_dir/munged.pid" "$munge_socket"
  end_step_daemons
  rm -rf "$cluster"
}

# end_process PIDFILE PROGRAM: TERM, and KILL after 10 s.
end_process() {
  local pid try
  alive "$1" "$2" || return 0
  pid=$(cat "$1")
  kill "$pid"
  for ((try = 0; try < 100; try++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid"
}

# The daemons of single jobs outlive slurmd. Ours are known by their configuration in the environment of slurmd,
# which they inherit.
end_step_daemons() {
  local pid
  for pid in $(pidof slurmstepd); do
    tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q -x -F "SLURM_CONF=$slurm_conf" && kill -KILL "$pid"
  done
  return 0
}

# config_overrides with 64 CPUs lets many jobs run at once on a small machine. MinJobAge: how long squeue and
# scontrol still know an ended job. No accounting: sacct says that it is disabled.
slurm_configuration() {
  local host memory
  host=$(hostname -s)
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  cat <<END
ClusterName=sjbed
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$slurmctld_port
SlurmdPort=$slurmd_port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$munge_socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
KillWait=30
MinJobAge=300
GresTypes=gpu
SchedulerParameters=sched_interval=2,bf_interval=5
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=64 RealMemory=$memory Gres=gpu:4 Features=f1,f2,f3,f4,f5 State=UNKNOWN
PartitionName=compute Nodes=$host Default=YES MaxTime=2-00:00:00 State=UP
PartitionName=debug Nodes=$host MaxTime=00:30:00 State=UP
END
}

# Four GPUs to the scheduler: each must be a device, and any device will do, as nothing is kept from any job.
gpu_configuration() {
  printf 'Name=gpu File=%s\n' /dev/null /dev/zero /dev/full /dev/random
}
