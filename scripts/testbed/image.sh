# shellcheck shell=bash disable=SC2154 # places.sh sets what is not set here
# A container image as a directory: a small Debian with a Python and a Jupyter of its own and nothing of this machine's.
# Sourced by up.sh.

# Prints the image's directory; beside it lies `bare`, the same without Jupyter. The image's Jupyter is in
# /opt/jupyter/bin, which its environment (.singularity.d/env) puts on PATH. Complete when the mark is there.
provide_image() {
  local jupyter4=$1 release folder log=$bed/image.log
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  folder=$bed/image-$({ echo "$release $jupyter4"; cat "$here/image.sh"; } | sha256sum | cut -c 1-12)
  if [[ ! -e $folder/complete ]]; then
    say "making a container image in $folder"
    rm -rf "$folder"
    (umask 022 && mkdir "$folder" && bare_image "$folder/bare" && add_jupyter "$folder") >"$log" 2>&1 ||
      fail "the container image could not be made: $(tail -n 5 "$log")"
    touch "$folder/complete"
  fi
  printf '%s' "$folder/root"
}

bare_image() {
  local mirror
  # From where this machine's own packages come.
  # shellcheck disable=SC2016 # apt expands it
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$release" '$1 == release { print $2; exit }')
  timeout 900 debootstrap --variant=minbase --include=python3 "$release" "$1" "${mirror:-http://deb.debian.org/debian}" &&
    rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale} &&
    mkdir -p "$1/.singularity.d/env"
}

# The bed's virtual environment moves well: all that names its place is the first line of its scripts, and both
# Pythons are of one release. As in most images, its Python would look for packages in the user's home. Files that are
# the same are shared with the bare image.
add_jupyter() {
  local jupyter=$1/root/opt/jupyter
  cp -al "$1/bare" "$1/root" && mkdir -p "${jupyter%/*}" && cp -a "$jupyter4" "$jupyter" || return
  rm -f "$jupyter/complete"
  sed -i 's/^include-system-site-packages.*/include-system-site-packages = true/' "$jupyter/pyvenv.cfg" || return
  find "$jupyter/bin" -type f -exec sed -i "s|$jupyter4|/opt/jupyter|g" {} + || return
  printf 'WHERE = "in the image"\n' >"$(echo "$jupyter"/lib/python3*/site-packages)/only_in_image.py" || return
  sed -i 's|"display_name": *"[^"]*"|"display_name": "Python 3 of the image", "env": {"KERNEL_OF": "image"}|' \
    "$jupyter/share/jupyter/kernels/python3/kernel.json" || return
  # shellcheck disable=SC2016 # for the image's own shell
  printf 'export PATH=/opt/jupyter/bin:$PATH\n' >"$1/root/.singularity.d/env/90-environment.sh"
}
