# Takes ports as soon as they are free, and prints what it is sent there: `listening PORT`, `connected PORT`,
# `received PORT HEX`. Answers like a web server.
# squatter.py CERTIFICATE-AND-KEY PORT...    (`-`: without TLS)
import socket
import ssl
import sys
import threading
import time

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\nsquatter"


def say(*words):
    print(*words, flush=True)


def take(port):
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))
            listener.listen(64)
            say("listening", port)
            return listener
        except OSError:
            listener.close()
            time.sleep(0.002)


def answer(connection, port, context):
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        while data := connection.recv(65536):
            say("received", port, data.hex())
            connection.sendall(PAGE)
    except OSError:
        pass
    finally:
        connection.close()


def serve(port, context):
    listener = take(port)
    while True:
        connection, _ = listener.accept()
        say("connected", port)
        threading.Thread(target=answer, args=(connection, port, context), daemon=True).start()


identity, *ports = sys.argv[1:]
context = None
if identity != "-":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity)
for port in ports:
    threading.Thread(target=serve, args=(int(port), context)).start()
