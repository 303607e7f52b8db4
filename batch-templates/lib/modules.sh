# shellcheck shell=bash
# shellcheck disable=SC2034  # sj_module is for whoever loads
# Modules: what Lmod and Environment Modules have in common. Sourced by the job, and by the launcher's look at the login
# node (login/environment.sh), so that both load them in the same way.

# Makes the `module` function available, when there is one here: that of this shell, that of the modules' own variables
# (those of the login node as well), those of the usual places. Files of /etc/profile.d come before the bare set-up: they
# also say where the site's modules are.
find_module() {
  local init
  [ "$(type -t module)" != function ] || return 0
  for init in "${LMOD_PKG:+$LMOD_PKG/init/bash}" "${MODULESHOME:+$MODULESHOME/init/bash}" \
    "${LMOD_CMD:+${LMOD_CMD%/*}/../init/bash}" \
    "${sj_LMOD_PKG:+$sj_LMOD_PKG/init/bash}" "${sj_MODULESHOME:+$sj_MODULESHOME/init/bash}" \
    /etc/profile.d/z00_lmod.sh /etc/profile.d/lmod.sh /etc/profile.d/modules.sh \
    /usr/share/lmod/lmod/init/bash /usr/share/modules/init/bash /usr/share/Modules/init/bash; do
    # shellcheck source=/dev/null
    [ -z "$init" ] || [ ! -r "$init" ] || source "$init" </dev/null >/dev/null 2>&1
    [ "$(type -t module)" != function ] || return 0
  done
  return 1
}

# start_modules keep|purge|reset: what becomes of the modules that are loaded. A system without modules of its own
# refuses to go back to them (Lmod): there are none then.
start_modules() {
  case $1 in
    purge) module purge </dev/null ;;
    reset) module reset </dev/null || module purge </dev/null ;;
  esac
}

# load_module NAME. 0: it is loaded, and sj_module is its full name (astro/1.2). The status of `module load` alone does
# not tell: old Environment Modules give 0 for a module that there is not, some Lmod give 1 for one that they loaded.
load_module() {
  local status before=${LOADEDMODULES-}
  module load "$1" </dev/null
  status=$?
  # Some change what parts words.
  IFS=$' \t\n'
  loaded_as "$1" && return 0
  sj_module=$1
  [ "$status" -eq 0 ] || return 1
  # An alias, as gcc/default of gcc/12.2, or a name that means another one altogether.
  added_under "${1%%/*}" "$before" || module is-loaded "$1" </dev/null >/dev/null 2>&1
}

# Whether a module is loaded that is called $1 or is a version of it; sj_module is its full name.
loaded_as() {
  local entry found=1 IFS=:
  set -f
  for entry in ${LOADEDMODULES-}; do
    case $entry in
      "$1" | "$1"/*) sj_module=$entry found=0 ;;
    esac
  done
  set +f
  return "$found"
}

# Whether a module named $1/… is loaded that was not in the list $2; sj_module is its full name.
added_under() {
  local entry found=1 IFS=:
  set -f
  for entry in ${LOADEDMODULES-}; do
    case ":$2:" in
      *":$entry:"*) ;;
      *) [ "${entry%%/*}" != "$1" ] || { sj_module=$entry; found=0; } ;;
    esac
  done
  set +f
  return "$found"
}
