#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# Makes an environment here, on the login node, with the very bash that makes it again in the job, and reports it.
#
#   environment.sh modules keep|purge|reset [FOLDER…] -- NAME…   loads modules; folders come in front of MODULEPATH
#   environment.sh init FILE                                     sources a script of the site
#   environment.sh conda PREFIX NAME                             activates a conda environment
#
# Standard output: `NAME=value\0` for each exported variable; first `sj_modules=…`, the full names of the modules; last
# `sj_done=yes`. What modules and scripts print goes to standard error, where a character RS stands before each part.
# Statuses: 3 there is no module command, 4 a module could not be loaded. Runs under bash 3.2 and 4.2.

# Only the report goes to standard output.
exec 3>&1 1>&2
IFS=$' \t\n'
# shellcheck disable=SC2086  # names only
unset ${!sj_@}
sj_module='' sj_modules=''
here=${0%/*}
# shellcheck source=../lib/modules.sh
source "$here/../lib/modules.sh"
# shellcheck source=../lib/conda.sh
source "$here/../lib/conda.sh"

part() {
  printf '\036' >&2
}

report() {
  local name
  [ -z "${sj_modules-}" ] || printf 'sj_modules=%s\0' "$sj_modules" >&3
  for name in $(compgen -e); do printf '%s=%s\0' "$name" "${!name}" >&3; done
  printf 'sj_done=yes\0' >&3
}

load_all() {
  local start=$1 folders=() count name
  shift
  while [ "$1" != -- ]; do folders+=("$1"); shift; done
  shift
  find_module || exit 3
  start_modules "$start" 3>&-
  # The last one that is put in front stands first.
  for ((count = ${#folders[@]}; count > 0; count--)); do module use "${folders[count - 1]}" </dev/null 3>&-; done
  for name; do
    part
    load_module "$name" 3>&- || { printf 'sj_modules=%s\0' "$sj_modules" >&3; exit 4; }
    sj_modules=${sj_modules:+$sj_modules }$sj_module
  done
}

source_init() {
  # shellcheck source=/dev/null
  source "$1" </dev/null 3>&-
  IFS=$' \t\n'
}

case $1 in
  modules) load_all "${@:2}" ;;
  init) part; source_init "$2" ;;
  conda) part; activate_conda "$2" "$3" "$here/../lib" 3>&- ;;
esac
report
exit 0
