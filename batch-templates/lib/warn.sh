# shellcheck shell=bash
# The end in sight: what the job does when its time is nearly up.
