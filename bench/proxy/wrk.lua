-- The name goes into the handshake and the Host header; the connection goes to this machine.
function wrk.resolve(_, service)
  wrk.addrs = wrk.lookup("127.0.0.1", service)
end
