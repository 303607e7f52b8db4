#!/usr/bin/python3
"""A cluster of one node behind the names of Torque's or PBS's commands, as running servers were recorded to behave.

It is called as qsub, qstat, qdel and qselect, through links beside which a file `kind` says which scheduler it is.
A job's script is copied away at submission and run in a session of its own: with the environment that the recordings
(job_env.txt) show, none of the submitter's, umask 077, the home as directory; its output is kept back and copied to
where -o says when the job ends. PBS's qsub leaves a helper behind that holds its output open.
"""

import getpass
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

FOLDER = pathlib.Path(sys.argv[0]).absolute().parent
KIND = (FOLDER / "kind").read_text().strip()
STATE = FOLDER / "state"
SERVER = "vm"
VERSIONS = {"torque": "Version: 6.1.3.h5\nCommit: 4decc716", "pbs": "pbs_version = 23.06.06"}
UNKNOWN = {"torque": "Unknown Job Id Error", "pbs": "Unknown Job Id"}
QUEUES = {"batch": 24 * 3600, "debug": 1800}


def fail(status, *words):
    print(*words, file=sys.stderr)
    sys.exit(status)


def job_file(job_id):
    return STATE / f"{job_id.split('.')[0]}.json"


def load(job_id):
    file = job_file(job_id)
    if not file.exists():
        fail(153, f"{pathlib.Path(sys.argv[0]).name}: {UNKNOWN[KIND]} {job_id}")
    return json.loads(file.read_text())


def save(job):
    file = job_file(job["id"])
    part = file.with_suffix(".part")
    part.write_text(json.dumps(job))
    part.rename(file)


def directives(script):
    """The last of two options counts here, and the last of two resources."""
    options, resources = {}, {}
    for line in script.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        if not line.startswith("#PBS"):
            continue
        words = shlex.split(line[4:])
        for letter, value in zip(words[::2], words[1::2]):
            if letter == "-l":
                resources.update(entry.split("=", 1) for entry in value.split(","))
            else:
                options[letter[1:]] = value
    return options, resources


def seconds(text):
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


def qsub(args):
    (STATE / "qsub-calls").open("a").write(json.dumps({"args": args, "env": dict(os.environ), "cwd": os.getcwd()}) + "\n")
    path = pathlib.Path(args[-1])
    script = path.read_text()
    options, resources = directives(script)
    queue = options.get("q", "batch")
    if queue not in QUEUES:
        words = {"torque": "qsub: submit error (Unknown queue MSG=requested queue not found)", "pbs": "qsub: Unknown queue"}
        fail({"torque": 172, "pbs": 170}[KIND], words[KIND])
    walltime = seconds(resources.get("walltime", "3600"))
    if walltime > QUEUES[queue]:
        words = {
            "torque": "qsub: submit error (Job exceeds queue resource limits MSG=cannot satisfy queue max walltime requirement)",
            "pbs": "qsub: Job violates queue and/or server resource limits",
        }
        fail({"torque": 190, "pbs": 188}[KIND], words[KIND])
    number = 1 + max([0, *(int(file.stem) for file in STATE.glob("*.json"))])
    job_id = f"{number}.{SERVER}"
    copy = STATE / f"{job_id}.SC"
    copy.write_text(script)
    name = options.get("N", path.name)
    output = options.get("o", f"{os.getcwd()}/{name}.o{number}")
    job = {
        "id": job_id, "name": name, "queue": queue, "state": "R", "output": output, "options": options,
        "resources": resources, "started": time.time(), "walltime": walltime,
    }
    save(job)
    quiet = {"stdin": subprocess.DEVNULL, "start_new_session": True}
    subprocess.Popen([sys.argv[0], "--run", job_id], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **quiet)
    if KIND == "pbs":
        helper = subprocess.Popen(["/bin/sleep", "20"], **quiet)
        (STATE / "helper").write_text(str(helper.pid))
    print(job_id)


def environment(job):
    user, home = getpass.getuser(), os.path.expanduser("~")
    env = {
        "HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash", "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PBS_ENVIRONMENT": "PBS_BATCH", "PBS_JOBID": job["id"], "PBS_JOBNAME": job["name"], "PBS_QUEUE": job["queue"],
        "PBS_NODENUM": "0", "PBS_TASKNUM": "1", "PBS_JOBCOOKIE": "E0C8E427AB9E6907A0254BA04243C540",
        "PBS_O_HOME": home, "PBS_O_LOGNAME": user, "PBS_O_SHELL": "/bin/bash", "PBS_O_HOST": SERVER,
        "PBS_O_PATH": "/usr/bin:/bin", "PBS_O_LANG": "C.UTF-8", "PBS_O_QUEUE": job["queue"],
    }
    if KIND == "torque":
        return {**env, "PBS_NP": "1", "PBS_NUM_NODES": "1", "PBS_VERSION": "TORQUE-6.1.3.h5", "PBS_WALLTIME": str(job["walltime"])}
    scratch = FOLDER / "scratch" / f".{job['id']}"
    scratch.mkdir(mode=0o700)
    return {**env, "TMPDIR": str(scratch), "PBS_JOBDIR": home, "PBS_O_SYSTEM": "Linux"}


def run(job_id):
    """The node's daemon: runs the script, keeps its output back, delivers it at the end."""
    job = load(job_id)
    os.umask(0o077)
    spool = STATE / f"{job_id}.OU"
    shell = [job["options"].get("S", "/bin/sh"), str(STATE / f"{job_id}.SC")]
    with spool.open("wb") as kept:
        child = subprocess.Popen(
            shell, stdin=subprocess.DEVNULL, stdout=kept, stderr=kept, env=environment(job),
            cwd=os.path.expanduser("~"), start_new_session=True,
        )
        job["session"] = child.pid
        save(job)
        status = child.wait()
    job = load(job_id)
    job["state"] = {"torque": "C", "pbs": "F"}[KIND]
    job["exit"] = 256 - status if status < 0 else 271 if job.get("deleted") else status
    try:
        shutil.copyfile(spool, job["output"].split(":")[-1])
    except OSError as error:
        job["undelivered"] = str(error)
    save(job)


def clock(moment):
    return time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(moment))


def show(job):
    torque = KIND == "torque"
    values = {
        "Job_Name": job["name"], "Job_Owner": f"{getpass.getuser()}@{SERVER}", "job_state": job["state"],
        "queue": job["queue"], "server": SERVER, "exec_host": "vm/0-1+vm2/0" if torque else "vm/0*2+vm2/0",
        **{f"Resource_List.{name}": value for name, value in job["resources"].items()},
        ("start_time" if torque else "stime"): clock(job["started"]),
    }
    if torque and job["state"] == "R":
        values["Walltime.Remaining"] = int(job["started"] + job["walltime"] - time.time())
    if "exit" in job:
        values["exit_status" if torque else "Exit_status"] = job["exit"]
    print(f"Job Id: {job['id']}")
    print("\n".join(f"    {name} = {value}" for name, value in values.items()))
    print()


def everything():
    return [json.loads(file.read_text()) for file in sorted(STATE.glob("*.json"))]


def qstat(args):
    if args == ["-Qf"]:
        for name, limit in QUEUES.items():
            print(f"Queue: {name}\n    queue_type = Execution\n    resources_max.walltime = {limit // 3600:02d}:{limit // 60 % 60:02d}:00")
            print("    enabled = True\n    started = True\n")
    elif args == ["-f"]:
        # PBS has what ended in its history alone, Torque lists it for a while.
        for job in everything():
            if KIND == "torque" or "exit" not in job:
                show(job)
    elif args[:2] == ["-x", "-f"] and KIND == "pbs":
        for job_id in args[2:]:
            show(load(job_id))
    else:
        ways = [["-f", "-1"], ["-f"]] if KIND == "torque" else [["-xf"], ["-f"]]
        way = next((way for way in ways if args[: len(way)] == way), None)
        if way is None:
            fail(2, "qstat: invalid option", args)
        # Both go on behind a job that they do not know, and end with its status.
        status = 0
        for job_id in args[len(way) :]:
            if job_file(job_id).exists():
                show(load(job_id))
            else:
                print(f"qstat: {UNKNOWN[KIND]} {job_id}", file=sys.stderr)
                status = 153
        sys.exit(status)


def qdel(args):
    job = load(args[0])
    if "exit" in job:
        fail(170, f"qdel: Request invalid for state of job MSG=invalid state for job - COMPLETE {job['id']}")
    job["deleted"] = True
    save(job)
    # Every process of the job's session, whatever its group.
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == job.get("session"):
                os.kill(int(process.name), signal.SIGTERM)
        except (OSError, ValueError):
            pass


def qselect(args):
    for job in everything():
        if args == ["-N", job["name"]] and "exit" not in job:
            print(job["id"])


def main():
    name, args = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
    if args[:1] == ["--run"]:
        run(args[1])
    elif args == ["--version"]:
        print(VERSIONS[KIND])
    else:
        {"qsub": qsub, "qstat": qstat, "qdel": qdel, "qselect": qselect}[name](args)


main()
