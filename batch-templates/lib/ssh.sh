# shellcheck shell=bash
# Where there is no proxy: what ssh leads to on this node.
