# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# Debian's packages that the end-to-end tests use. Sourced by up.sh.

install_packages() {
  local wanted=(slurm-wlm munge jupyter-notebook chromium libnss3-tools shellcheck strace curl wget tmux openssl
    openssh-server openssh-client iproute2
    python3-venv procps hostname systemd libseccomp2
    tcl lua5.3 lua-filesystem lua-json lua-posix lua-term less debootstrap bubblewrap
    zsh fish man-db groff-base)
  local missing=() package
  for package in "${wanted[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  local log=$bed/apt.log
  if ! apt_get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    apt_get update >"$log" 2>&1 || fail "apt-get update failed: $(tail -n 5 "$log")"
    apt_get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
      fail "apt-get could not install ${missing[*]}: $(tail -n 5 "$log")"
  fi
}

apt_get() {
  timeout 900 apt-get -q -o DPkg::Lock::Timeout=120 "$@" </dev/null
}
