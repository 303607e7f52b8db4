#!/bin/bash
# Stops what up.sh started (Slurm and its munge). Users, packages and the cached Jupyter stay.
#
#   stop.sh [--if-unused]
#
# --if-unused   not when another test run uses the bed, and not after `up.sh --keep`
# shellcheck source-path=SCRIPTDIR
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/places.sh"
source "$here/slurm.sh"

[[ -d $bed ]] || exit 0
exec 9>"$bed/lock"
flock -w 120 9 || fail 'a set-up has been running for 2 minutes'
if [[ ${1-} == --if-unused ]]; then
  [[ ! -e $kept ]] || exit 0
  # Every test run holds a shared lock on this file while it lasts, so an exclusive one shows that none is there.
  exec 8>"$in_use"
  flock -n 8 || exit 0
fi
rm -f "$kept"
stop_slurm
