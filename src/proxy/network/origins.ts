/** Where a service is seen by browsers; from the configuration, never from what a request says. */
export interface PublicPlace {
  domain: string;
  publicPort: number;
}

const HTTPS_PORT = 443;

/** A session's origin, `https://NAME.DOMAIN[:PORT]`, as a browser writes it. */
export function sessionOrigin(name: string, { domain, publicPort }: PublicPlace): string {
  return `https://${name}.${domain}${publicPort === HTTPS_PORT ? '' : `:${publicPort}`}`;
}
