# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
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

# Modules set more than search paths (CUDA_HOME, licences), so they are loaded, not only their paths restored. Those that
# were asked for (sj_modules, with blanks between them) have to be there; of the others, which were loaded where
# start-jupyter was typed, a warning is enough.
# A template that loads modules has made its own choice: loading those others on top would undo it.
load_modules() {
  local name list=${sj_LOADEDMODULES-} start=${sj_module_start-}
  ! template_changed LOADEDMODULES || { list=''; start=''; }
  [ -n "$list${sj_modules-}" ] || return 0
  if ! find_module; then
    [ -z "${sj_modules-}" ] ||
      give_up "there is no module command on node $sj_node, so that these cannot be loaded: $sj_modules"
    say 'warning: there is no module command on this node, modules are not loaded'
    return
  fi
  start_modules "$start"
  [ -z "${sj_MODULEPATH-}" ] || export MODULEPATH="$sj_MODULEPATH"
  for name in ${list//:/ }; do load_recorded "$name"; done
  for name in ${sj_modules-}; do load_recorded "$name"; done
}

# load_recorded NAME, unless it is there already: others may have brought it. How long it takes is nobody's to say: what
# is being waited for stands in a file, for whoever loses patience.
load_recorded() {
  case ":${LOADEDMODULES-}:" in *":$1:"*) return ;; esac
  printf 'loading the module %s' "$1" >"$sj_runtime/doing"
  if ! load_module "$1"; then
    case " ${sj_modules-} " in
      *" $1 "*) give_up "the module $1 could not be loaded on node $sj_node; why is said above" ;;
    esac
    say "warning: module $1 could not be loaded on this node"
  fi
  rm -f -- "$sj_runtime/doing"
}

# The environment that was asked for, or the one that was active where start-jupyter was typed. A template's own gives way
# to the former, whose Jupyter was looked at, and stays before the latter.
restore_conda() {
  local name
  if [ -n "${sj_conda_prefix-}" ]; then
    [ -d "$sj_conda_prefix/conda-meta" ] ||
      give_up "there is no conda environment $sj_conda_prefix on node $sj_node: is its file system there?"
    activate_conda "$sj_conda_prefix" "$sj_conda_name" "$session_dir/lib"
    return
  fi
  for name in CONDA_PREFIX CONDA_DEFAULT_ENV VIRTUAL_ENV; do restore_value "$name"; done
  [ "${CONDA_PREFIX-}" != "${sj_CONDA_PREFIX-}" ] || [ ! -d "${CONDA_PREFIX:-/dev/null}/conda-meta" ] ||
    set_up_conda "$CONDA_PREFIX" "$session_dir/lib"
}

# In the background process that would become Jupyter: ends it, and with it the job, for this reason.
give_up() {
  printf '%s\n' "$*" >"$sj_runtime/failure"
  exit 3
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
  for name in LANG LC_ALL; do restore_value "$name"; done
  restore_conda
  # Left over from another host, or read by every shell that Jupyter starts.
  unset XDG_RUNTIME_DIR BASH_ENV ENV JUPYTER_TOKEN JUPYTER_TOKEN_FILE
  export JUPYTER_RUNTIME_DIR="$sj_runtime"
}
