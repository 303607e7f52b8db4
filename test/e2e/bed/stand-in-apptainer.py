#!/usr/bin/python3
"""A stand-in for apptainer (called `singularity`: for Singularity 3.5), which no Debian has.

It runs a program in an image that is a directory, for an ordinary user, in namespaces made by bubblewrap, and behaves
there as the real one does by its manual and its sources:

  - root is the image, read-only; home, /tmp, /var/tmp, /dev, /proc, /sys and the directory where it was called are the
    machine's, also where the image has no such place; the user is in /etc/passwd;
  - variables pass, but for HOME, PATH, LD_LIBRARY_PATH and its own (APPTAINER_*, SINGULARITY_*); APPTAINERENV_NAME
    becomes NAME; the image's /.singularity.d/env/*.sh are sourced;
  - its options may also come as variables (APPTAINER_CONTAIN=1, APPTAINER_BIND=...), as a site would set them;
  - signals are passed on, the status is the program's, or 128 and the signal's number.

Options that the real one has not are refused with its words and status; those that it has and nobody here needs yet, too,
with other words and status 99. Registries are not asked: an image docker://HOST/... is where APPTAINER_CACHEDIR/HOST is.
"""
import ctypes, glob, os, pwd, re, signal, stat, subprocess, sys

NAME = os.path.basename(sys.argv[0])
OLD = NAME == "singularity"
PREFIX = "SINGULARITY" if OLD else "APPTAINER"

# Of `exec`, with whether a value follows.
KNOWN = {
    "--bind": True, "-B": True, "--cleanenv": False, "-e": False, "--contain": False, "-c": False, "--home": True,
    "-H": True, "--no-home": False, "--nv": False, "--rocm": False, "--pwd": True, "--pid": False, "-p": False,
}
KNOWN_SINCE = {} if OLD else {"--env": True, "--cwd": True}
NOT_DONE = {"--overlay", "--writable", "-w", "--writable-tmpfs", "--containall", "-C", "--fakeroot", "-f", "--ipc", "-i",
            "--net", "-n", "--userns", "-u", "--scratch", "-S", "--workdir", "-W", "--security", "--no-privs", "--app",
            "--hostname", "--no-init", "--nohttps", "--docker-login", "--vm", "--env-file", "--mount", "--no-mount",
            "--no-umask", "--no-eval", "--compat", "--nvccli", "--dmtcp-launch", "--fusemount", "--disable-cache"}


def end(status, message):
    sys.stderr.write(message + "\n")
    sys.exit(status)


def fatal(message):
    end(255, "\x1b[31mFATAL:  \x1b[0m " + message)


def unknown(option):
    end(1, "Error for command \"exec\": unknown flag: %s\n\nUsage:\n  %s exec [exec options...] <container> <command>" %
        (option, NAME))


def parse(arguments):
    options, binds, extra = set(), [], {}
    while arguments and arguments[0].startswith("-"):
        option, equals, value = arguments.pop(0).partition("=")
        if option in NOT_DONE:
            end(99, "stand-in for %s: %s is not done here" % (NAME, option))
        takes = {**KNOWN, **KNOWN_SINCE}.get(option)
        if takes is None:
            unknown(option)
        if takes and not equals:
            value = arguments.pop(0)
        if option in ("--bind", "-B"):
            binds += bind_list(value)
        elif option == "--env":
            extra.update([pair.split("=", 1) for pair in value.split(",")])
        elif takes:
            end(99, "stand-in for %s: %s is not done here" % (NAME, option))
        else:
            options.add({"-e": "--cleanenv", "-c": "--contain", "-p": "--pid"}.get(option, option))
    return options, binds, extra, arguments


def bind_list(text):
    """Separated by commas; old ones read the argument as CSV."""
    if OLD and '"' in text:
        end(1, "Error for command \"exec\": invalid argument \"%s\" for \"-B, --bind\" flag: parse error" % text)
    found = []
    for spec in text.split(","):
        source, inside, mode = (spec.split(":") + ["", ""])[:3]
        if spec.count(":") > 2 or mode not in ("", "ro", "rw"):
            fatal("while parsing bind path: %s is not a valid bind option" % spec)
        found.append((os.path.abspath(source), inside or os.path.abspath(source), mode == "ro"))
    return found


def variable(name):
    for prefix in [PREFIX] if OLD else ["APPTAINER", "SINGULARITY"]:
        if os.environ.get(prefix + "_" + name):
            return os.environ[prefix + "_" + name]
    return ""


def image_root(image):
    if "://" in image:
        kept = os.path.join(variable("CACHEDIR") or "/nowhere", image.split("://")[1].split("/")[0])
        if not os.path.isdir(kept):
            fatal("Unable to handle %s uri: failed to get checksum for %s: pinging container registry: no such host" %
                  (image, image))
        return kept
    if not os.path.exists(image):
        fatal("could not open image %s: failed to retrieve path for %s: lstat %s: no such file or directory" %
              (image, image, image))
    if not os.path.isdir(image):
        fatal("could not open image %s: image format not recognized" % image)
    return os.path.realpath(image)


def container_environment(options, extra):
    always = re.compile("^(TERM|(http|https|no|all|ftp)_proxy)$", re.I)
    own = re.compile("^(APPTAINER|SINGULARITY)(ENV)?_")
    passed = {name: value for name, value in os.environ.items()
              if not own.match(name) and name not in ("HOME", "PATH", "LD_LIBRARY_PATH")
              and ("--cleanenv" not in options or always.match(name))}
    if "--cleanenv" in options:
        passed["LANG"] = "C"
    passed.update(extra)
    for prefix in ["SINGULARITYENV_"] if OLD else ["SINGULARITYENV_", "APPTAINERENV_"]:
        passed.update({name[len(prefix):]: value for name, value in os.environ.items() if name.startswith(prefix)})
    passed.update({"HOME": pwd.getpwuid(os.getuid()).pw_dir, "LD_LIBRARY_PATH": "/.singularity.d/libs",
                   "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                   PREFIX + "_CONTAINER": "image"})
    return passed


def mounts(options, binds):
    """(source, place, read-only), in order; source None: an empty directory."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    contained = "--contain" in options
    wanted = [("/sys", "/sys", True), ("/etc/hosts", "/etc/hosts", True), ("/etc/resolv.conf", "/etc/resolv.conf", True)]
    wanted += [(None if contained else place, place, False) for place in ("/tmp", "/var/tmp")]
    if "--no-home" not in options:
        wanted.append((None if contained else home, home, False))
    if not contained and not under(os.getcwd(), [place for _, place, _ in wanted]) and os.getcwd() != "/":
        wanted.append((os.getcwd(), os.getcwd(), False))
    closed = False
    for source, place, read_only in binds:
        if not os.path.exists(source):
            fatal("container creation failed: mount hook function failure: mount %s->%s error: while mounting %s: "
                  "mount source %s doesn't exist" % (source, place, source, source))
        closed = read_only or (OLD and closed)  # 3.5 never takes the flag back
        wanted.append((source, place, closed))
    return wanted


def under(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def bubblewrap(root, wanted):
    """Arguments; where the image lacks a place, a directory of its own with the same entries stands over the image's."""
    made, arguments = {"/"}, []
    for _, place, _ in wanted:
        above = place
        while not os.path.lexists(root + above) and not under(above, [b for s, b, _ in wanted if b != place]):
            above = os.path.dirname(above)
        if above != place:
            made.update(parents(above))
    for above in sorted(made, key=lambda path: path.count("/") if path != "/" else -1):
        if above != "/":
            arguments += ["--tmpfs", above]
        for entry in sorted(os.listdir(root + above)):
            path = os.path.join(above, entry)
            if os.path.islink(root + path):
                arguments += ["--symlink", os.readlink(root + path), path]
            elif stat.S_ISDIR(os.lstat(root + path).st_mode) or os.path.isfile(root + path):
                if path not in made and path not in ("/dev", "/proc"):
                    arguments += ["--ro-bind", root + path, path]
    arguments += ["--dev-bind", "/dev", "/dev", "--proc", "/proc"]
    for source, place, read_only in wanted:
        if source is None:
            arguments += ["--tmpfs", place]
        elif os.path.isdir(source) or os.path.lexists(root + place):
            arguments += ["--ro-bind" if read_only else "--bind", source, place]
    for above in made:
        arguments += ["--remount-ro", above]
    return arguments


def parents(path):
    return {path} if path == "/" else {path} | parents(os.path.dirname(path))


def passwd(root):
    """A descriptor with the image's /etc/passwd and the user's own line."""
    me = pwd.getpwuid(os.getuid())
    with open(root + "/etc/passwd") as file:
        text = file.read() + ":".join([me.pw_name, "x", str(me.pw_uid), str(me.pw_gid), "", me.pw_dir, me.pw_shell]) + "\n"
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    return reader


def execute(arguments):
    options, binds, extra, rest = parse(arguments)
    if len(rest) < 2:
        end(1, "Error for command \"exec\": requires at least 2 arg(s), only received %d" % len(rest))
    for name, option in (("CONTAIN", "--contain"), ("CLEANENV", "--cleanenv"), ("NO_HOME", "--no-home"), ("PID", "--pid")):
        if variable(name):
            options.add(option)
    for name in ("BIND", "BINDPATH"):
        if variable(name):
            binds = bind_list(variable(name)) + binds
    if options & {"--nv", "--rocm"}:
        sys.stderr.write("\x1b[33mWARNING:\x1b[0m Could not find any %s files on this host!\n" %
                         ("nv" if "--nv" in options else "rocm"))
    root = image_root(rest[0])
    user = passwd(root)
    wanted = mounts(options, binds)
    informed, tell = os.pipe()
    start = "for file in /.singularity.d/env/*.sh; do [ ! -r \"$file\" ] || . \"$file\"; done; exec \"$@\""
    command = ["/usr/bin/bwrap", "--info-fd", str(tell)] + bubblewrap(root, wanted)
    command += ["--ro-bind-data", str(user), "/etc/passwd"] + (["--unshare-pid"] if "--pid" in options else [])
    command += ["--chdir", os.getcwd() if under(os.getcwd(), [place for _, place, _ in wanted]) else "/"]
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # what bwrap leaves behind becomes ours
    program = subprocess.Popen(command + ["/bin/sh", "-c", start, "sh"] + rest[1:], pass_fds=(tell, user),
                               env=container_environment(options, extra))
    os.close(tell)
    inside = re.search('"child-pid": *([0-9]+)', os.read(informed, 4096).decode())
    if not inside:
        program.wait()
        sys.exit(255)
    pid = int(inside.group(1))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda received, _: kill(pid, received))
    status = program.wait()
    if status < 0:  # bwrap was killed; what it had started goes on
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except ChildProcessError:
            pass
    sys.exit(status if status >= 0 else 128 - status)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def main(arguments):
    version = "3.5.3" if OLD else "1.3.4"
    if arguments == ["--version"]:
        print("%s version %s" % (NAME, version))
    elif arguments == ["version"]:
        print(version)
    elif arguments[:1] == ["exec"]:
        execute(arguments[1:])
    else:
        end(1, "Error: unknown command \"%s\" for \"%s\"" % (" ".join(arguments[:1]), NAME))


main(sys.argv[1:])
