/** URLs as browsers see them; from the configuration, never from what a request says. */
export interface PublicPlace {
  domain: string;
  publicPort: number;
}

const HTTPS_PORT = 443;

/** `https://HOST[:PORT]`, as a browser writes it. */
export function originOf(host: string, publicPort: number): string {
  return `https://${host}${publicPort === HTTPS_PORT ? '' : `:${publicPort}`}`;
}

export function sessionOrigin(name: string, { domain, publicPort }: PublicPlace): string {
  return originOf(`${name}.${domain}`, publicPort);
}
