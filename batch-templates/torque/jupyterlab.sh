#!/bin/bash
# JupyterLab in a job of Torque. To use a version of your own: copy this file, change it, and start it with
#   start-jupyter --batch-script ./my-jupyterlab.sh
#
# Directives of your own go right below, above the first command. This one counts with one # less:
##PBS -l naccesspolicy=singlejob
# They beat the defaults of your site; what you type on the command line beats them.
#
# Before the last line you may load modules or set variables: Jupyter and its kernels get them, on top of what was
# found where you ran start-jupyter (the modules that were loaded there are left out if you load some here). The last
# line does the rest, and the script ends with it.

# shellcheck disable=SC1083,SC1091,SC2034
session_dir={{session_dir}}
server=jupyterlab
source "$session_dir/run.sh"
