"""Prints the variables that a conda environment sets, `NAME\\0VALUE\\0` each: conda_variables.py PREFIX.

Files in etc/conda/env_vars.d are those of packages; conda-meta/state is that of `conda env config vars set`, and beats
them. Runs with the environment's own Python, 2.7 too.
"""
import io, json, os, re, sys

prefix = sys.argv[1]
folder = os.path.join(prefix, "etc", "conda", "env_vars.d")
found = {}


def read(path):
    try:
        with io.open(path, encoding="utf-8") as file:
            return json.load(file)
    except (EnvironmentError, ValueError) as error:
        sys.stderr.write("%s cannot be read: %s\n" % (path, error))
        return {}


for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
    found.update(read(os.path.join(folder, name)))
state = os.path.join(prefix, "conda-meta", "state")
if os.path.exists(state):
    found.update(read(state).get("env_vars", {}))
out = io.open(sys.stdout.fileno(), "wb")
for name, value in found.items():
    text = u"%s" % (value,)
    if re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", name) and u"\0" not in text:
        out.write(u"{0}\0{1}\0".format(name, text).encode("utf-8"))
out.flush()
