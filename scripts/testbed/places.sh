# shellcheck shell=bash disable=SC2034
# Where the test bed lies, and its fixed values. Sourced by up.sh and stop.sh.

bed=/var/tmp/start-jupyter-testbed
cluster=$bed/cluster
in_use=$bed/in-use
kept=$bed/kept
munge_dir=$bed/munge
munge_socket=$munge_dir/munge.socket
slurm_conf=$cluster/slurm.conf
slurmctld_port=16817
slurmd_port=16818

user_alice=sjalice
user_bob=sjbob
user_carol=sjcarol
user_dave=sjdave
user_erin=sjerin
user_frank=sjfrank
user_gina=sjgina
user_hank=sjhank
user_helen=sjhelen
user_ivan=sjivan
user_judy=sjjudy
user_karl=sjkarl
user_lena=sjlena
user_mike=sjmike
user_nina=sjnina
# Of the suites that run beside the others.
user_olga=sjolga
user_paul=sjpaul
user_rosa=sjrosa
user_sara=sjsara
user_tina=sjtina
user_vera=sjvera
user_long=sjlong
user_proxy=sjproxy
# A class: sjstudent01 to sjstudent12.
student_prefix=sjstudent
students=12

# Names that programs without a resolver of their own for .localhost (wget, python3, node) must find.
bed_domain=bed.jupyter.localhost
host_names="manage.$bed_domain manage.classic.jupyter.localhost manage.jupyter.localhost"

say() {
  printf 'test bed: %s\n' "$*" >&2
}

fail() {
  printf 'test bed: error: %s\n' "$*" >&2
  exit 1
}

# alive PIDFILE PROGRAM: is the process of this pid file there, and is it that program of this bed? A pid that was
# given to somebody else since then does not count.
alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [[ -n $pid ]] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -F -- "$2"
}
