# shellcheck shell=sh
# What runs inside a container image before Jupyter does, in whatever /bin/sh the image has. Only functions.

# find_surroundings HOME: what does not depend on the outside, and what has to be of the image.
find_surroundings() {
  export HOME="$1"
  # Packages and kernels that a person installed for the software outside do not come before those of the image.
  export PYTHONNOUSERSITE=1 JUPYTER_PREFER_ENV_PATH=1
  [ -n "${LANG-}${LC_ALL-}" ] || export LANG=C.UTF-8
  [ -d "${TMPDIR-/}" ] || unset TMPDIR
  [ -f "${SHELL-}" ] && [ -x "$SHELL" ] || SHELL=$(command -v bash) || SHELL=/bin/sh
  export SHELL
  unset XDG_RUNTIME_DIR JUPYTER_TOKEN JUPYTER_TOKEN_FILE BASH_ENV ENV
}

# The Python of a script: that of its first line, or of the second where pip and conda write a shell trampoline.
interpreter_of() {
  interpreter=
  { IFS= read -r first && IFS= read -r second; } <"$1" || return 1
  case $first in
    '#!'*python*)
      first=${first#'#!'}
      first=${first# }
      interpreter=${first%% *}
      case $interpreter in */env) interpreter=$(command -v "${first#* }") ;; esac
      ;;
    '#!/bin/sh'*)
      second=${second#"'''exec' "}
      interpreter=${second%% *}
      case $second in '"'*) second=${second#'"'} interpreter=${second%%'"'*} ;; esac
      ;;
  esac
  [ -x "$interpreter" ]
}

# JUPYTER_PATH alone always comes before the person's own folders: the other variable came with jupyter_core 4.8, and
# Debian's Python counts what pip installed into /usr/local among the machine's, which come last.
prefer_own_kernels() {
  interpreter_of "$1" || interpreter=$1
  for own in "${interpreter%/*/*}" "${1%/*/*}"; do
    case ":${JUPYTER_PATH-}:" in *":$own/share/jupyter:"*) continue ;; esac
    [ ! -d "$own/share/jupyter" ] || export JUPYTER_PATH="$own/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}"
  done
}

# give_up REASON. The job says it (environment.sh).
give_up() {
  printf '%s\n' "$*" >"$JUPYTER_RUNTIME_DIR/failure"
  exit 3
}

# become_jupyter RUNTIME HOME UMASK DIRECTORY JUPYTER ARGUMENT…
become_jupyter() {
  export JUPYTER_RUNTIME_DIR="$1"
  find_surroundings "$2"
  umask "$3"
  cd -- "$4" || give_up "the directory $4 is not seen inside the image"
  jupyter=$5
  shift 5
  [ -n "$jupyter" ] || jupyter=$(command -v jupyter) || give_up 'there is no jupyter in the image'
  [ -x "$jupyter" ] || give_up "there is no $jupyter in the image any more"
  prefer_own_kernels "$jupyter"
  exec "$jupyter" "$@"
}

# look_for_jupyter HOME QUESTION: prints where jupyter is, then what its Python answers to the question, or else what
# jupyter itself says of its versions. Status 43: there is none.
look_for_jupyter() {
  find_surroundings "$1"
  jupyter=$(command -v jupyter) || exit 43
  printf 'start-jupyter: %s\n' "$jupyter"
  # Beside the script, as when it runs: Python looks for modules there, and not where the person happens to be.
  cd -- "${jupyter%/*}" || exit 1
  interpreter_of "$jupyter" && "$interpreter" -c "$2" && exit 0
  exec "$jupyter" --version
}
