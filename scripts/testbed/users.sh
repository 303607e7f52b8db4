# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# Ordinary users for the tests, host names, and a Node that these users can run. Sourced by up.sh.

# Homes are open to read: what keeps a neighbour out must be the session directory's own mode.
make_user() {
  local name=$1 home=$2
  if ! id "$name" >/dev/null 2>&1; then
    say "adding the user $name"
    useradd --create-home --home-dir "$home" --shell /bin/bash "$name" || fail "cannot add the user $name"
  fi
  # Still no password, but no longer locked: an sshd without PAM lets nobody into a locked account.
  if [[ $(getent shadow "$name") == "$name:!"* ]]; then
    usermod --password '*' "$name" || fail "cannot unlock the user $name"
  fi
  chmod 755 "$home"
}

make_users() {
  local name
  for name in "${!user_@}"; do
    [[ $name == user_long ]] || make_user "${!name}" "/home/${!name}"
  done
  make_user "$user_long" "$(long_home)"
  for name in $(student_names); do make_user "$name" "/home/$name"; done
}

student_names() {
  seq -f "$student_prefix%02.0f" "$students"
}

# What earlier runs left in the homes would change what the next one sees: JupyterLab opens the notebook of last time.
# Not while another run uses the bed.
clean_homes() {
  local variable name home
  for name in $(for variable in "${!user_@}"; do echo "${!variable}"; done) $(student_names); do
    home=$(getent passwd "$name" | cut -d : -f 6)
    [[ $home == "/home/$name"* ]] || fail "the home of $name is $home"
    find "$home" -mindepth 1 -delete
    runuser -u "$name" -- cp -r /etc/skel/. "$home"
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
