#!/bin/bash
# JupyterLab in a Slurm job. To have one of your own:
#   start-jupyter templates copy jupyterlab NEW_NAME
#   start-jupyter -b NEW_NAME
#
# Directives of your own go right below, above the first command. This one
# counts with one # less:
##SBATCH --exclusive
# They beat the defaults of your site; what you type on the command line beats
# them.
#
# Above the last line you may load modules or set variables: Jupyter and its
# kernels get them, on top of what was found where you ran start-jupyter (the
# modules that were loaded there are left out if you load some here). The last
# line does the rest, and the script ends with it.

start_session jupyterlab
