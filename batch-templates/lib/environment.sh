# shellcheck shell=bash
# The environment that Jupyter gets: what the launcher recorded on the login node, with what the template set in
# this job put on top. Only Jupyter gets it (a subshell restores it): the tools that this script runs are the
# node's own, and a recorded LD_LIBRARY_PATH can break them.

# What variable NAME was when this job's shell started, into sj_initial; Linux alone tells.
read_initial() {
  local entry
  sj_initial=
  [ -r "/proc/$$/environ" ] || { sj_initial=${!1-}; return; }
  while IFS= read -r -d '' entry; do
    [ "${entry%%=*}" != "$1" ] || sj_initial=${entry#*=}
  done <"/proc/$$/environ"
}

# Whether the template changed variable NAME before it sourced run.sh.
template_changed() {
  read_initial "$1"
  [ "${!1-}" != "$sj_initial" ]
}

# Restores a plain variable, unless the template set its own.
restore_value() {
  local recorded="sj_$1"
  [ -n "${!recorded+set}" ] || return 0
  template_changed "$1" || export "$1=${!recorded}"
}

# Restores a search path. Directories that the template put there come first, then the recorded ones.
# $1: its name, $2: what the template had made of it, $3: what it was when the job started.
restore_path() {
  local recorded="sj_$1" added='' directory IFS=:
  [ -n "${!recorded+set}" ] || return 0
  # Without globbing a directory name stays what it is.
  set -f
  for directory in $2; do
    case ":$3:${!recorded}:" in
      *":$directory:"*) ;;
      *) added=$added$directory: ;;
    esac
  done
  set +f
  export "$1=$added${!recorded}"
}

# Makes the `module` function available, when this node has one.
find_module() {
  local init
  for init in '' "${MODULESHOME:+$MODULESHOME/init/bash}" "${LMOD_PKG:+$LMOD_PKG/init/bash}" \
    /etc/profile.d/modules.sh /etc/profile.d/lmod.sh /etc/profile.d/z00_lmod.sh; do
    # shellcheck source=/dev/null
    [ -z "$init" ] || [ ! -r "$init" ] || source "$init" >/dev/null 2>&1
    [ "$(type -t module)" != function ] || return 0
  done
  return 1
}

# Modules set more than search paths (CUDA_HOME, licences), so they are loaded, not only their paths restored.
# A template that loads modules has made its own choice: loading ours on top would undo it.
load_modules() {
  local name IFS=:
  [ -n "${sj_LOADEDMODULES-}" ] || return 0
  ! template_changed LOADEDMODULES || return 0
  find_module || { say 'warning: there is no module command on this node, modules are not loaded'; return; }
  [ -z "${sj_MODULEPATH-}" ] || export MODULEPATH="$sj_MODULEPATH"
  for name in $sj_LOADEDMODULES; do
    IFS=$' \t\n'
    module load "$name" </dev/null || say "warning: module $name could not be loaded on this node"
  done
}

# Modules come first, because they change the very paths that were recorded with them loaded.
restore_environment() {
  local name path_before=$PATH library_before=${LD_LIBRARY_PATH-} path_initial library_initial
  read_initial PATH
  path_initial=$sj_initial
  read_initial LD_LIBRARY_PATH
  library_initial=$sj_initial
  load_modules
  restore_path PATH "$path_before" "$path_initial"
  restore_path LD_LIBRARY_PATH "$library_before" "$library_initial"
  for name in CONDA_PREFIX VIRTUAL_ENV LANG LC_ALL; do restore_value "$name"; done
  # Left over from another host, or read by every shell that Jupyter starts.
  unset XDG_RUNTIME_DIR BASH_ENV ENV JUPYTER_TOKEN JUPYTER_TOKEN_FILE
  export JUPYTER_RUNTIME_DIR="$sj_runtime"
}
