"""What systemd does for socket units: NAMES COMMAND... opens a port of loopback for each of NAMES (https:http), prints
them, and starts the command with them again each time it has ended in order. Prints the id of each process."""
import os, socket, sys

names, command = sys.argv[1].split(":"), sys.argv[2:]
sockets = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in names]
print("ports", *[one.getsockname()[1] for one in sockets], flush=True)
while True:
    process = os.fork()
    if process == 0:
        # Out of the way first: one of them may be where another one belongs.
        copies = [os.dup(one.fileno()) for one in sockets]
        spare = [os.dup2(copy, 100 + index) for index, copy in enumerate(copies)]
        for index, copy in enumerate(spare):
            os.dup2(copy, 3 + index)
        os.closerange(3 + len(names), 200)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names))
        os.execv(command[0], command)
    print("started", process, flush=True)
    status = os.waitpid(process, 0)[1]
    print("ended", status, flush=True)
    if status != 0:
        sys.exit(1)
