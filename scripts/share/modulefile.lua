-- start-jupyter for Lmod: `module use PACKAGE/share/modulefiles/lmod`, then `module load start-jupyter`.
--
-- Nothing has to be changed while this file stays in its package, or is a symbolic link to there. Where it was copied
-- into another module tree, say here where the package is:
local package = "" -- such as "/opt/start-jupyter/1.2.3"

local file = myFileName()
for _ = 1, 40 do
  local linked, target = pcall(lfs.symlinkattributes, file, "target")
  if not linked or not target then break end
  file = target:match("^/") and target or file:gsub("[^/]*$", "") .. target
end
if package == "" then package = file:gsub("/share/modulefiles/lmod/[^/]*/[^/]*$", "") end
local share = pathJoin(package, "share")
if mode() == "load" and not isFile(pathJoin(share, "bin/start-jupyter")) then
  LmodError("start-jupyter: the package is not there. Say at the top of this module file where it is: ", myFileName())
end

help([[
start-jupyter gives you a running Jupyter on this cluster behind a secure HTTPS URL:

    start-jupyter
    start-jupyter --help
    man start-jupyter
]])
whatis("Name: start-jupyter")
whatis("Version: " .. myModuleVersion())
whatis("Description: Jupyter on this cluster behind a secure HTTPS URL, with one command")
whatis("Keywords: Jupyter, JupyterLab, notebook, Python")

conflict("start-jupyter")

prepend_path("PATH", pathJoin(share, "bin"))
-- Without MANPATH man finds the pages by PATH, and a MANPATH of ours alone would hide all others.
if os.getenv("MANPATH") then prepend_path("MANPATH", pathJoin(share, "man")) end

-- The site's own description of its systems: beside the package, where an update leaves it alone. Not where everybody
-- could put one (rwxrwxrwt).
local beside = package:match("^(.*)/[^/]*$") or ""
local systems = pathJoin(beside, "systems.yaml")
if isFile(systems) and (lfs.attributes(beside, "permissions") or ""):sub(8, 8) == "-" then
  setenv("START_JUPYTER_CONFIG", systems)
end

-- Node.js is looked for on PATH and in the usual places. Where that is not enough, name it or its module:
-- setenv("START_JUPYTER_NODE", "/opt/node/bin/node")
-- depends_on("nodejs")

-- Completion with the Tab key, in shells that a person types into.
local completions = pathJoin(share, "completions")
local commands = {
  bash = {
    on = "case $- in *i*) . '%s/start-jupyter.bash' ;; esac",
    off = "case $- in *i*) complete -r start-jupyter start-jupyter-proxy ;; esac",
  },
  zsh = {
    on = "case $- in *i*) . '%s/_start-jupyter' ;; esac",
    off = "case $- in *i*) (( ! ${+functions[compdef]} )) || compdef -d start-jupyter start-jupyter-proxy ;; esac",
  },
  fish = {
    on = "source '%s/start-jupyter.fish'",
    off = "complete -e -c start-jupyter; complete -e -c start-jupyter-proxy",
  },
}
local shell = commands[myShellName()]
if shell and not completions:find("'", 1, true) and isDir(completions) then
  execute({ cmd = shell.on:format(completions), modeA = { "load" } })
  execute({ cmd = shell.off, modeA = { "unload" } })
end
