# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# Environment Modules and Lmod, the real ones, in folders of the bed: Debian's packages exclude each other, and installed
# they would change everybody's login shells. What they need is installed by packages.sh. Sourced by up.sh.

# Prints the folder with `environment-modules/` and `lmod/` in it. It is complete when the mark is there.
provide_modules() {
  local folder=$bed/modules log=$bed/modules.log
  if [[ ! -e $folder/complete ]]; then
    say "unpacking Environment Modules and Lmod into $folder"
    rm -rf "$folder"
    mkdir -p "$folder/packages" || fail "cannot make $folder"
    download_packages environment-modules lmod >"$log" 2>&1 ||
      { apt_get update && download_packages environment-modules lmod; } >>"$log" 2>&1 ||
      fail "apt-get could not download environment-modules and lmod: $(tail -n 5 "$log")"
    unpack_moved environment-modules '/usr/share/modules|/usr/lib/|/etc/environment-modules'
    unpack_moved lmod '/usr/share/lmod|/usr/lib/lmod|/etc/lmod'
    rm -rf "$folder/packages"
    chmod -R a+rX,go-w "$folder"
    touch "$folder/complete"
  fi
  printf '%s' "$folder"
}

download_packages() {
  # root's folder: apt's own user could not write there.
  (cd "$folder/packages" && apt_get -o APT::Sandbox::User=root download "$@")
}

# unpack_moved PACKAGE PATHS: unpacks it below $folder, and puts that folder before its own PATHS (an expression) in
# every text of it.
unpack_moved() {
  local target=$folder/$1
  dpkg -x "$folder/packages/$1"_*.deb "$target" || fail "cannot unpack $1"
  find "$target" -type f -exec grep -I -l -E -- "$2" {} + | while IFS= read -r file; do
    sed -i -E "s#$2#$target&#g" "$file"
  done
}

# The files that make the `module` command known to bash.
environment_modules_init() {
  printf '%s' "$1/environment-modules/usr/share/modules/init/bash"
}

lmod_init() {
  printf '%s' "$1/lmod/usr/share/lmod/lmod/init/bash"
}
