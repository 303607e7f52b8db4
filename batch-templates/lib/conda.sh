# shellcheck shell=bash
# conda environments, activated as `conda activate` does it, without conda: a node need not have it, and no shell has to
# have run `conda init`. Sourced by the job, and by the launcher's look at the login node (login/environment.sh).

# activate_conda PREFIX NAME LIB. What was active is left. LIB: the folder of this file.
activate_conda() {
  leave_environments
  without_folder "$PATH" "$1/bin"
  export PATH="$1/bin${sj_path:+:$sj_path}" CONDA_PREFIX="$1" CONDA_DEFAULT_ENV="$2" CONDA_SHLVL=1 CONDA_PROMPT_MODIFIER="($2) "
  set_up_conda "$1" "$3"
}

# What the packages of an environment want to be set. $1: its prefix, $2: the folder of this file.
set_up_conda() {
  set_conda_variables "$1" "$2"
  run_conda_scripts "$1/etc/conda/activate.d" forth
}

# Variables that packages (etc/conda/env_vars.d) and `conda env config vars set` (conda-meta/state) name: JSON, which
# the environment's own python reads.
set_conda_variables() {
  local name value
  [ -e "$1/conda-meta/state" ] || [ -d "$1/etc/conda/env_vars.d" ] || return 0
  [ -x "$1/bin/python" ] || return 0
  while IFS= read -r -d '' name && IFS= read -r -d '' value; do
    # As conda marks a variable that shall not be there.
    if [ "$value" = '***unset***' ]; then unset "$name"; else export "$name=$value"; fi
  done < <("$1/bin/python" -E -s "$2/conda_variables.py" "$1" </dev/null)
}

# Sources the scripts of a folder in the order of their names (back: the other way round), and does not end when one
# of them fails.
run_conda_scripts() {
  local index
  list_scripts "$1"
  for ((index = 0; index < ${#sj_scripts[@]}; index++)); do
    case $2 in
      forth) run_conda_script "${sj_scripts[index]}" ;;
      back) run_conda_script "${sj_scripts[${#sj_scripts[@]} - 1 - index]}" ;;
    esac
  done
}

# A function of its own: a script's `return` and its idea of $@ end here.
run_conda_script() {
  local sj_script=$1
  shift
  # shellcheck source=/dev/null
  [ ! -r "$sj_script" ] || source "$sj_script" </dev/null || :
  # Some change what parts words.
  IFS=$' \t\n'
}

# conda sorts by code points, whatever the language is.
list_scripts() {
  local LC_ALL=C
  sj_scripts=("$1"/*.sh)
}

# Leaves the conda environment and the virtual environment that are active here: their programs would stay in front.
leave_environments() {
  local name
  if [ -n "${CONDA_PREFIX-}" ]; then
    run_conda_scripts "$CONDA_PREFIX/etc/conda/deactivate.d" back
  fi
  # CONDA_PREFIX_1 and so on: those that were active before the last one.
  for name in CONDA_PREFIX ${!CONDA_PREFIX_@} VIRTUAL_ENV; do
    [ -z "${!name-}" ] || { without_folder "$PATH" "${!name}/bin"; export PATH="$sj_path"; }
  done
  # shellcheck disable=SC2086  # names only
  unset CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL CONDA_PROMPT_MODIFIER VIRTUAL_ENV VIRTUAL_ENV_PROMPT \
    ${!CONDA_PREFIX_@} ${!CONDA_STACKED_@}
}

# A search path ($1) without a folder ($2), into sj_path.
without_folder() {
  local rest=":$1:"
  while [[ $rest == *":$2:"* ]]; do rest=${rest/":$2:"/:}; done
  rest=${rest#:}
  sj_path=${rest%:}
}
