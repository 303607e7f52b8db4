"""One HTTP request for the job script, where neither curl nor wget can do it.

Standard input, a line each: method, path, limit in seconds, body, scheme, host, port, address, authorization, Unix socket.
Arguments: a file with the certificate authority (empty: the system's own), a file for the answer's body.
Prints the status. Exit status: 0 answered, 11 not reached, 13 the peer's certificate is not the right one.
"""

import http.client
import signal
import socket
import ssl
import sys

method, path, limit, body, scheme, host, port, address, authorization, unix = sys.stdin.read().split("\n")[:10]
ca_file, answer_file = sys.argv[1:3]


def out_of_time(_signal, _frame):
    raise socket.timeout("no answer in %s s" % limit)


def connect():
    if unix:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(unix)
        return connection
    family, kind, protocol, _, where = socket.getaddrinfo(address or host, int(port), socket.AF_INET,
                                                          socket.SOCK_STREAM)[0]
    connection = socket.socket(family, kind, protocol)
    connection.connect(where)
    if scheme == "http":
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        context.load_verify_locations(ca_file)
    else:
        context.load_default_certs()
    return context.wrap_socket(connection, server_hostname=host)


def main():
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(int(limit))
    # The class only decides whether the Host header names the port; the connection is ours.
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    request = kind(host, int(port))
    request.sock = connect()
    headers = {"Authorization": authorization} if authorization else {}
    if body:
        headers["Content-Type"] = "application/json"
    request.request(method, path, body or None, headers)
    answer = request.getresponse()
    with open(answer_file, "wb") as file:
        file.write(answer.read(2000))
    print(answer.status)


try:
    main()
except ssl.CertificateError as error:
    sys.stderr.write("%s\n" % error)
    sys.exit(13)
except (OSError, http.client.HTTPException) as error:
    sys.stderr.write("%s\n" % error)
    sys.exit(11)
