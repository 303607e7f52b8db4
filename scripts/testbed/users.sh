# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# Ordinary users for the tests, host names, and a Node that these users can run. Sourced by up.sh.

# Homes are open to read: what keeps a neighbour out must be the session directory's own mode.
make_user() {
  local name=$1 home=$2
  if ! id "$name" >/dev/null 2>&1; then
    say "adding the user $name"
    useradd --create-home --home-dir "$home" --shell /bin/bash "$name" || fail "cannot add the user $name"
  fi
  chmod 755 "$home"
}

make_users() {
  make_user "$user_alice" "/home/$user_alice"
  make_user "$user_bob" "/home/$user_bob"
  make_user "$user_carol" "/home/$user_carol"
  make_user "$user_dave" "/home/$user_dave"
  make_user "$user_erin" "/home/$user_erin"
  make_user "$user_frank" "/home/$user_frank"
  make_user "$user_gina" "/home/$user_gina"
  make_user "$user_hank" "/home/$user_hank"
  make_user "$user_helen" "/home/$user_helen"
  make_user "$user_ivan" "/home/$user_ivan"
  make_user "$user_long" "$(long_home)"
  make_user "$user_proxy" "/home/$user_proxy"
}

# What earlier runs left in the homes would change what the next one sees: JupyterLab opens the notebook of last time.
# Not while another run uses the bed.
clean_homes() {
  local name home
  for name in "${!user_@}"; do
    home=$(getent passwd "${!name}" | cut -d : -f 6)
    [[ $home == "/home/${!name}"* ]] || fail "the home of ${!name} is $home"
    find "$home" -mindepth 1 -delete
    runuser -u "${!name}" -- cp -r /etc/skel/. "$home"
  done
}

# The tests' own temporary folders (named by mkdtemp) that a killed run could not delete. Not while another run lasts.
clean_folders() {
  find /var/tmp -mindepth 1 -maxdepth 1 -name 'start-jupyter-*-??????' -exec rm -rf {} +
}

# A home directory whose path has 90 characters: Unix sockets in it would pass the limit of 107.
long_home() {
  local prefix=/home/$user_long-
  printf '%s%s' "$prefix" "$(printf 'x%.0s' $(seq $((90 - ${#prefix}))))"
}

add_host_names() {
  local name
  for name in $host_names; do
    grep -q -E "[[:space:]]${name//./\\.}([[:space:]]|\$)" /etc/hosts || printf '127.0.0.1 %s\n' "$name" >>/etc/hosts
  done
}

# provide_node NODE: prints a node of the same version that ordinary users can run (root's own may lie in root's home).
provide_node() {
  local node=$1 version copy
  if runuser -u "$user_alice" -- "$node" --version >/dev/null 2>&1; then
    printf '%s' "$node"
    return
  fi
  version=$("$node" --version)
  copy=$bed/node-$version/bin/node
  if [[ ! -x $copy ]]; then
    mkdir -p "${copy%/*}"
    cp -L "$node" "$copy.new" && chmod 755 "$copy.new" && mv "$copy.new" "$copy"
  fi
  runuser -u "$user_alice" -- "$copy" --version >/dev/null || fail "ordinary users cannot run $node, nor a copy of it"
  printf '%s' "$copy"
}
