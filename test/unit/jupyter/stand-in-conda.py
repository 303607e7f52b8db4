#!/usr/bin/python3
"""A stand-in for conda, mamba or micromamba (by the name that it is called by). It knows the calls below, answers them in
the shape of the real ones (conda 24, mamba 1, micromamba 2) and refuses every other argument.

A file `stand-in.json` beside it says what there is, and what building an environment does:
  {"root": PREFIX, "folders": [...], "prefixes": [...], "seconds": 0.1, "ending": "done" | "fails" | "full" | "hangs" | "nothing"}
Each call is noted in `calls`, a JSON array of arguments a line.
"""
import json, os, subprocess, sys, time

here = os.path.dirname(os.path.abspath(__file__))
name = os.path.basename(sys.argv[0])
facts = json.load(open(os.path.join(here, "stand-in.json")))
arguments = sys.argv[1:]
with open(os.path.join(here, "calls"), "a") as calls:
    calls.write(json.dumps([name] + arguments) + "\n")


def refuse(text):
    sys.stderr.write("usage: %s [-h] ...\n%s: error: %s\n" % (name, name, text))
    sys.exit(2)


def build(prefix, description):
    if not description.endswith((".yml", ".yaml")):
        refuse("'%s' filename: must have one of the extensions .yml, .yaml" % description)
    if os.path.exists(prefix):
        refuse("prefix already exists: %s" % prefix)
    if name != "micromamba" and os.environ.get("CONDA_ALWAYS_YES") != "true":
        sys.stdout.write("Proceed ([y]/n)? ")
        refuse("no answer" if not sys.stdin.readline() else "?")
    if facts.get("ending") == "nothing":
        return
    text = open(description).read()
    print("Collecting package metadata (repodata.json): done", flush=True)
    os.makedirs(os.path.join(prefix, "conda-meta"))
    os.makedirs(os.path.join(prefix, "bin"))
    for _ in range(max(1, int(facts.get("seconds", 0) * 10))):
        sys.stdout.write("\rDownloading numpy \x1b[32m %d %%" % 50)
        sys.stdout.flush()
        time.sleep(0.1)
    ending = facts.get("ending", "done")
    if ending == "hangs":
        child = subprocess.Popen(["sleep", "60"])
        open(os.path.join(here, "pid"), "w").write(str(child.pid))
        child.wait()
    if ending == "full":
        sys.exit("\nCondaError: [Errno 28] No space left on device: '%s'" % prefix)
    if ending == "fails":
        sys.exit("\nResolvePackageNotFound in %s:\n  - astro=99" % description)
    open(os.path.join(prefix, "conda-meta", "history"), "w").write("==> now <==\n" + text)
    if "jupyter" in text.split("# none")[0]:
        script = os.path.join(prefix, "bin", "jupyter")
        open(script, "w").write('#!/bin/sh\necho "jupyterlab : 4.4.0"\necho "jupyter_server : 2.16.0"\n')
        os.chmod(script, 0o755)
    print("\ndone")


if name == "micromamba":
    if arguments == ["info", "--json"]:
        print(json.dumps({"base environment": facts["root"], "envs directories": facts["folders"], "platform": "linux-64"}))
    elif arguments == ["env", "list", "--json"]:
        print(json.dumps({"envs": facts["prefixes"]}))
    elif len(arguments) == 6 and arguments[:3] == ["create", "-y", "-p"] and arguments[4] == "-f":
        build(arguments[3], arguments[5])
    else:
        sys.exit("The following arguments were not expected: " + " ".join(arguments))
elif arguments == ["info", "--json"]:
    if name == "mamba":
        print("\n          mamba (1.5.8) supported by @QuantStack\n")
    print(json.dumps({"envs": facts["prefixes"], "envs_dirs": facts["folders"], "root_prefix": facts["root"]}, indent=2))
elif len(arguments) == 6 and arguments[:3] == ["env", "create", "-p"] and arguments[4] == "-f":
    build(arguments[3], arguments[5])
else:
    refuse("unrecognized arguments: " + " ".join(arguments))
