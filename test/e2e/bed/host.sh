#!/bin/bash
# The first process of a host of its own (see hosts.ts), in namespaces that were just made: gives it its name, its
# files and folders, and stays. When standard input is closed it ends, and with it everything that runs on the host.
#
#   host.sh NAME FOLDER    FOLDER holds what lies over the machine's files: hosts, resolv.conf, home/ (optional)
set -eu
name=$1 folder=$2

hostname "$name"
mount --bind "$folder/hosts" /etc/hosts
mount --bind "$folder/resolv.conf" /etc/resolv.conf
# Homes that are the host's own, in the place of the cluster's.
if [[ -d $folder/home ]]; then mount --rbind "$folder/home" /home; fi
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=0755 tmpfs /run
# Debian's sshd wants it.
mkdir -m 0755 /run/sshd
ip link set lo up
echo up
# bash reaps whatever loses its parent while it waits here.
while read -r _; do :; done
