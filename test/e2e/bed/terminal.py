# Runs a command on a terminal of its own and ends with its exit status.
import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])) & 255)
