#!/bin/bash
# Sets up what the end-to-end tests talk to, as root on Debian: packages, ordinary users, a real Slurm cluster of its
# own, Jupyter of both generations. Starting twice is quick and harmless. Prints one JSON object: where everything is.
#
#   up.sh [--keep] [--node PATH]
#
# --keep   the tests do not stop it when they are done (stop.sh does)
# --node   the node whose version ordinary users must be able to run (default: the one on PATH)
# shellcheck source-path=SCRIPTDIR
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/places.sh"
source "$here/packages.sh"
source "$here/users.sh"
source "$here/jupyter.sh"
source "$here/modules.sh"
source "$here/image.sh"
source "$here/slurm.sh"

node=$(command -v node)
keep=
while (($#)); do
  case $1 in
    --keep) keep=yes ;;
    --node) node=$2 && shift ;;
    *) fail "unknown argument $1 (there are --keep and --node PATH)" ;;
  esac
  shift
done

[[ $(id -u) == 0 ]] || fail 'it needs root: it installs packages, adds users and starts Slurm'
[[ -e /etc/debian_version ]] || fail 'it needs Debian: it installs with apt-get'

umask 022
mkdir -p "$bed"
[[ $(stat -c %u "$bed") == 0 && ! -L $bed ]] || fail "$bed is not root's own directory"
chmod 755 "$bed"
# One at a time. The daemons must not inherit this descriptor (9>&- where they start).
exec 9>"$bed/lock"
flock -w 1200 9 || fail 'another set-up has been running for 20 minutes'

install_packages
make_users
(flock -n 8 && clean_homes && clean_folders) 8>"$in_use"
add_host_names
user_node=$(provide_node "$node") || exit 1
jupyter4=$(provide_jupyter4 "$here/requirements-jupyter.txt") || exit 1
modules=$(provide_modules) || exit 1
image=$(provide_image "$jupyter4") || exit 1
start_slurm
[[ -z $keep ]] || touch "$kept"

printf '{"folder":"%s","slurmConf":"%s","node":"%s","jupyter4":"%s","jupyter3":"/usr/bin/jupyter",' \
  "$bed" "$slurm_conf" "$user_node" "$jupyter4"
printf '"environmentModules":"%s","lmod":"%s",' "$(environment_modules_init "$modules")" "$(lmod_init "$modules")"
printf '"image":"%s",' "$image"
printf '"chromium":"/usr/bin/chromium","domain":"%s","inUse":"%s",' "$bed_domain" "$in_use"
printf '"students":[%s],"users":{%s}}\n' "$(student_names | sed 's/.*/"&"/' | paste -s -d ,)" \
  "$(for name in "${!user_@}"; do echo "\"${name#user_}\":\"${!name}\""; done | paste -s -d ,)"
