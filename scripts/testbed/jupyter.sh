# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# JupyterLab 4 and Notebook 7 in a virtual environment, cached by its requirements. Sourced by up.sh.

# Prints the environment's folder. It is complete when the mark is there: a killed run leaves none.
provide_jupyter4() {
  local requirements=$1 key folder log=$bed/pip.log
  key=$({ cat "$requirements"; /usr/bin/python3 --version; } | sha256sum | cut -c 1-12)
  folder=$bed/jupyter4-$key
  if [[ ! -e $folder/complete ]]; then
    say "installing JupyterLab 4 and Notebook 7 into $folder"
    rm -rf "$folder"
    /usr/bin/python3 -m venv "$folder" >"$log" 2>&1 || fail "python3 -m venv failed: $(tail -n 5 "$log")"
    # Where the default index cannot be reached, retries cost minutes a package, so the quick way comes first.
    pip_install --retries 0 || pip_install || fail "pip could not install Jupyter: $(tail -n 5 "$log")"
    chmod -R a+rX "$folder"
    touch "$folder/complete"
  fi
  printf '%s' "$folder"
}

pip_install() {
  (umask 022 && timeout 900 "$folder/bin/pip" install --quiet "$@" -r "$requirements" >"$log" 2>&1)
}
