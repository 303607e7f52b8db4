/** Every key of proxy.yaml, with the option beside it. What their values mean is in settings.ts. */

export interface KeyFacts {
  help: string;
  /** In commander's notation; a key without it stands in the file alone. */
  option?: string;
  /** The option may be repeated. */
  list?: true;
}

export const KEYS = {
  domain: { option: '--domain <name>', help: 'base name: sessions are at https://NAME.DOMAIN' },
  listen: { option: '--listen <host:port>', help: 'where to listen (default: 0.0.0.0:443)' },
  public_port: { option: '--public-port <port>', help: 'the port in URLs, where it is another one' },
  certificate: {
    option: '--certificate <file>',
    help: 'wildcard certificate for *.DOMAIN, with its chain; may be repeated: ECDSA and RSA',
    list: true,
  },
  key: { option: '--key <file>', help: 'its private key; as many as certificates', list: true },
  redirect_listen: {
    option: '--redirect-listen <host:port>',
    help: 'where plain HTTP is answered with a redirect to HTTPS, such as 0.0.0.0:80',
  },
  trusted_networks: {
    option: '--trusted-network <cidr>',
    help: 'from where sessions may be reserved and redeemed; may be repeated',
    list: true,
  },
  allow_local_backends: {
    option: '--allow-local-backends <boolean>',
    help: "allow sessions on the proxy's own machine (default: false)",
  },
  denied_ports: { help: 'ports that no session may have' },
  job_state_sources: {
    option: '--job-state-source <cidr>',
    help: 'from where the classic update-jobs.cgi is taken; may be repeated',
    list: true,
  },
  classic: { option: '--classic <boolean>', help: 'serve the classic .cgi endpoints (default: true)' },
  allow_plain_backends: {
    option: '--allow-plain-backends <boolean>',
    help: 'allow sessions without a certificate of their own (default: false)',
  },
  feeder_secret_file: {
    option: '--feeder-secret-file <file>',
    help: 'the secret of the program that reports job states',
  },
  admin_token_file: {
    option: '--admin-token-file <file>',
    help: 'the token of the administrator, for sessions and evict',
  },
  metrics_listen: {
    option: '--metrics-listen <place>',
    help: 'where Prometheus metrics are served: PORT (at 127.0.0.1) or HOST:PORT',
  },
  audit_log: {
    option: '--audit-log <file>',
    help: 'where who did what to which session is kept, besides the log',
  },
  store: {
    option: '--store <folder>',
    help: 'where sessions are kept: a folder, or memory (default: $STATE_DIRECTORY, else /var/lib/start-jupyter-proxy)',
  },
  reservation_lifetime: { help: 'how long a reservation with a job that waits is kept' },
  session_lifetime: { help: 'how long a session lasts when nobody said when its job ends' },
  handshake_timeout: { help: 'for a TLS handshake' },
  first_byte_timeout: { help: 'from the handshake to the first byte' },
  idle_timeout: { help: 'of a connection without a byte either way' },
  answer_timeout: { help: 'for a call of control and for a page of the proxy' },
  drain_timeout: { help: 'how long SIGTERM leaves busy connections alone' },
  max_connections: { help: 'open connections of browsers in all' },
  max_connections_per_session: { help: 'open connections to one session' },
  max_opening_per_session: { help: 'connections to one session whose Jupyter has not answered yet' },
  max_connections_per_address: { help: 'open connections from one address' },
  max_header_size: { help: "the head of a request to control or to the proxy's own pages" },
  max_body_size: { help: 'the body of a call of control' },
  max_jobs_body_size: { help: "the body of a feeder's call" },
  reservations_per_minute: { help: 'from one address' },
  pending_reservations: { help: 'from one address, not redeemed yet' },
  failed_calls_per_minute: { help: 'from one address, with an unknown name or a wrong secret' },
} as const satisfies Record<string, KeyFacts>;

export type Key = keyof typeof KEYS;

export function isKey(text: string): text is Key {
  return Object.hasOwn(KEYS, text);
}

/** The option beside a key, without its value; the key itself where there is none. */
export function optionName(key: Key): string {
  const { option = key }: KeyFacts = KEYS[key];
  return option.replace(/ .*/, '');
}
