#!/usr/bin/python3
"""In the place of Jupyter where there have to be many: it takes Jupyter's options, answers /api/status to the right
token and ends by /api/shutdown. What stand-in servers should do when something goes wrong is not its business."""
import json, os, ssl, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

options = dict(argument[2:].split("=", 1) for argument in sys.argv[2:])
one = {name.split(".")[-1]: value for name, value in options.items()}
with open(one["config"]) as file:
    classes = json.load(file)
config = classes.get("ServerApp") or classes["NotebookApp"]


class Handler(BaseHTTPRequestHandler):
    def answer(self, status):
        body = json.dumps({"server": "small", "path": self.path.split("?")[0]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def knows(self):
        query = parse_qs(urlsplit(self.path).query)
        return config["token"] in query.get("token", []) or self.headers["Authorization"] == "token " + config["token"]

    def do_GET(self):
        self.answer(200 if self.knows() else 403)

    def do_POST(self):
        self.answer(200 if self.knows() else 403)
        if self.knows() and self.path == "/api/shutdown":
            os._exit(0)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer((one["ip"], int(one["port"])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(config["certfile"], config["keyfile"])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
open("%s/jpserver-%d.json" % (os.environ["JUPYTER_RUNTIME_DIR"], os.getpid()), "w").close()
server.serve_forever()
