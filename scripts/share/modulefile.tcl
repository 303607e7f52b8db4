#%Module1.0
# start-jupyter for Environment Modules: `module use PACKAGE/share/modulefiles/tcl`, then `module load start-jupyter`.
#
# Nothing has to be changed while this file stays in its package, or is a symbolic link to there. Where it was copied
# into another module tree, say here where the package is:
set package "" ;# such as "/opt/start-jupyter/1.2.3"

if {$package eq ""} {
    set file $ModulesCurrentModulefile
    for {set hops 0} {$hops < 40 && ![catch {file readlink $file} target]} {incr hops} {
        set file [file join [file dirname $file] $target]
    }
    # PACKAGE/share/modulefiles/tcl/start-jupyter/VERSION
    set package [file normalize $file]
    for {set up 0} {$up < 5} {incr up} {
        set package [file dirname $package]
    }
}
set share [file join $package share]
if {[module-info mode load] && ![file isfile [file join $share bin start-jupyter]]} {
    puts stderr "start-jupyter: the package is not there. Say at the top of this module file where it is: $ModulesCurrentModulefile"
    exit 1
}

proc ModulesHelp {} {
    puts stderr "start-jupyter gives you a running Jupyter on this cluster behind a secure HTTPS URL:"
    puts stderr ""
    puts stderr "    start-jupyter"
    puts stderr "    start-jupyter --help"
    puts stderr "    man start-jupyter"
}
module-whatis "start-jupyter [file tail $ModulesCurrentModulefile]: Jupyter on this cluster behind a secure HTTPS URL, with one command"

conflict start-jupyter

prepend-path PATH [file join $share bin]
# Without MANPATH man finds the pages by PATH, and a MANPATH of ours alone would hide all others.
if {[info exists env(MANPATH)]} {
    prepend-path MANPATH [file join $share man]
}

# The site's own description of its systems: beside the package, where an update leaves it alone. Not where everybody
# could put one.
set beside [file dirname $package]
set systems [file join $beside systems.yaml]
if {[file isfile $systems] && ([file attributes $beside -permissions] & 2) == 0} {
    setenv START_JUPYTER_CONFIG $systems
}

# Node.js is looked for on PATH and in the usual places. Where that is not enough, name it or its module:
# setenv START_JUPYTER_NODE /opt/node/bin/node
# module load nodejs

# Completion with the Tab key, in shells that a person types into.
set completions [file join $share completions]
if {[file isdirectory $completions] && [string first "'" $completions] == -1} {
    set load [module-info mode load]
    set unload [module-info mode unload]
    switch -- [module-info shell] {
        bash {
            if {$load} {
                puts stdout "case \$- in *i*) . '$completions/start-jupyter.bash' ;; esac;"
            } elseif {$unload} {
                puts stdout {case $- in *i*) complete -r start-jupyter start-jupyter-proxy ;; esac;}
            }
        }
        zsh {
            if {$load} {
                puts stdout "case \$- in *i*) . '$completions/_start-jupyter' ;; esac;"
            } elseif {$unload} {
                puts stdout {case $- in *i*) (( ! ${+functions[compdef]} )) || compdef -d start-jupyter start-jupyter-proxy ;; esac;}
            }
        }
        fish {
            if {$load} {
                puts stdout "source '$completions/start-jupyter.fish';"
            } elseif {$unload} {
                puts stdout {complete -e -c start-jupyter; complete -e -c start-jupyter-proxy;}
            }
        }
    }
}
