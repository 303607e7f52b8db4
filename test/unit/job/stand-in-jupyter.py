#!/usr/bin/python3
"""A small server that behaves at its edges as Jupyter does, for tests in which the real one is not the point.

It takes Jupyter's options, writes a runtime file, answers /api/status to the right token and ends with status 1
when its port is taken. With a socket, which it takes only with Jupyter's own port, it listens there. A file `behaviour` beside it says what it shall do otherwise, a word a line:
  dies        ends with status 3 before it listens
  silent      listens, writes its runtime file, answers nothing
  squatted    somebody else takes the port first (once): a server that keeps all it receives in `stolen`
  usurped     the same, but this one stays and says that it listens
  deaf        does not end on TERM
"""
import json, os, signal, socket, ssl, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

here = os.path.dirname(os.path.abspath(__file__))


def behaves(word):
    try:
        return word in open(here + "/behaviour").read().split()
    except OSError:
        return False


options = dict(argument[2:].split("=", 1) for argument in sys.argv[2:])
config = json.load(open(options["config"]))["ServerApp"]
port = int(options["ServerApp.port"])
bind = options["ServerApp.ip"]
with open(here + "/started", "a") as log:
    log.write(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "umask": os.umask(0o77)}) + "\n")


def steal():
    """A listener on the port by another user where that is possible, with the port held before this goes on."""
    held, ready = os.pipe()
    if os.fork() == 0:
        stolen = os.open(here + "/stolen", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o666)
        certificate = here + "/squatter.pem"
        context = None
        if os.path.exists(certificate):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        if os.geteuid() == 0:
            os.setuid(65534)
        squatter = socket.socket()
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("0.0.0.0", port))
        squatter.listen()
        os.write(ready, b".")
        until = time.time() + 20
        squatter.settimeout(1)
        while time.time() < until and os.getppid() != 1:
            try:
                connection = squatter.accept()[0]
                os.write(stolen, b"connected\n")
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                os.write(stolen, connection.recv(4000))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                connection.close()
            except OSError:
                pass
        os._exit(0)
    os.read(held, 1)


if behaves("dies"):
    print("stand-in: no module named something")
    sys.exit(3)
first = not os.path.exists(here + "/squatted-once")
if first and (behaves("squatted") or behaves("usurped")):
    open(here + "/squatted-once", "w").close()
    steal()
if behaves("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers["Authorization"] != "token " + config["token"]:
            return self.answer(403)
        self.answer(200)

    def do_POST(self):
        self.answer(200)
        os._exit(0)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def announce():
    open("%s/jpserver-%d.json" % (os.environ["JUPYTER_RUNTIME_DIR"], os.getpid()), "w").close()


if first and behaves("usurped"):
    announce()
    time.sleep(60)
class AtSocket(ThreadingHTTPServer):
    address_family = socket.AF_UNIX

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "localhost", 80

    def get_request(self):
        return self.socket.accept()[0], ("socket", 0)


at_socket = options.get("ServerApp.sock")
if at_socket and port != 8888:
    print("stand-in: port and sock are mutually exclusive")
    sys.exit(1)
try:
    server = AtSocket(at_socket, Handler) if at_socket else ThreadingHTTPServer((bind, port), Handler)
except OSError:
    print("stand-in: the port %d is already in use" % port)
    sys.exit(1)
certificate = options.get("ServerApp.certfile", config["certfile"])
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, options.get("ServerApp.keyfile", config["keyfile"]))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
announce()
if behaves("silent"):
    time.sleep(60)
server.serve_forever()
