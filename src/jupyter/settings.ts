/**
 * Jupyter's configuration for one session: JSON, so that no directory name can become code.
 *
 * One file serves every generation: Notebook 6 reads `NotebookApp`; JupyterLab 4 and Notebook 7 read `ServerApp` and
 * `IdentityProvider`, but copy what the other families say over it (jupyter_server's extension applications and
 * notebook_shim do). A person's own jupyter_config.py is read before this file, so a line like
 * `c.LabApp.allow_origin = '*'` there is beaten only by the same option here (seen with JupyterLab 4.6, Notebook 7.6).
 * family.ts says when that is needed.
 * Address and port are for the job to choose: it gives them, for every family, on the command line.
 */

import type { Family } from './family.js';

export interface JupyterSettings {
  family: Family;
  token: string;
  /** Absolute; may hold any character that a path can have. */
  rootDir: string;
  /** The user is root: Jupyter refuses to run for root unless it is told that this is meant. */
  asRoot: boolean;
  /** Absolute paths of the session's certificate and key; absent: plain HTTP (a classic service). */
  tls?: { certificateFile: string; keyFile: string };
  /**
   * The browser comes through ssh, as to localhost. The job, which chooses the way, names the certificate where that is with
   * TLS; Jupyter makes its cookies fit that.
   */
  bySsh?: boolean;
  /** Jupyter ends when nothing was done for so long; absent: as the person's own configuration says. */
  idleSeconds?: number;
}

/** What becomes `jupyter_config.json`. It holds the token: mode 0600. */
export function jupyterConfig({
  family,
  token,
  rootDir,
  asRoot,
  tls,
  bySsh = false,
  idleSeconds,
}: JupyterSettings): object {
  const shared = {
    base_url: '/',
    open_browser: false,
    allow_root: asRoot,
    // The browser's Host is the proxy's public name, and the Origin is checked against it: nothing else may connect.
    // Through ssh it is localhost, and no name that somebody else made lead there.
    allow_remote_access: !bySsh,
    allow_origin: '',
    allow_origin_pat: '',
    disable_check_xsrf: false,
    // Empty rather than absent: a certificate of the person's own would not be the one that is pinned.
    certfile: tls?.certificateFile ?? '',
    keyfile: tls?.keyFile ?? '',
    client_ca: '',
    ...(idleSeconds === undefined ? {} : { shutdown_no_activity_timeout: idleSeconds }),
  };
  // Browsers share the cookies of localhost among all its ports: a secure one of one session would keep the other from
  // setting its own over plain HTTP.
  const cookies = bySsh ? {} : { secure: true };
  const login = { token, password: '', cookie_options: cookies };
  const tornado = {
    tornado_settings: { compress_response: true, xsrf_cookie_kwargs: { path: '/', ...cookies } },
  };
  const server = { ...shared, root_dir: rootDir, preferred_dir: rootDir };
  const notebook6 = { NotebookApp: { ...shared, ...login, ...tornado, notebook_dir: rootDir } };
  const server2 = {
    ServerApp: { ...server, ...tornado },
    IdentityProvider: { token, secure_cookie: bySsh ? null : true, cookie_options: cookies },
    PasswordIdentityProvider: { token, hashed_password: '' },
  };
  const every = {
    ...notebook6,
    ...server2,
    ServerApp: { ...server, ...tornado, ...login },
    LabApp: server,
    JupyterNotebookApp: server,
  };
  return {
    ...{ NotebookApp: notebook6, ServerApp: server2, every }[family ?? 'every'],
    // Kernel channels stay off TCP, where other users of the node could reach them.
    KernelManager: { transport: 'ipc' },
    ...(idleSeconds === undefined ? {} : culling(idleSeconds)),
  };
}

/** How often Jupyter looks for idle kernels, at most; it looks once a minute whether it is idle itself. */
const LOOK_SECONDS = 60;

/**
 * Jupyter ends only when no kernel is left. So those are ended that are idle: neither busy nor open in a tab, a hidden one
 * included. A person's option of the class that Jupyter uses beats the one of the class that it comes from, so both say it.
 * Terminals are not ended: Jupyter would end one that is silent, whatever runs in it and whether a tab shows it or not.
 */
function culling(idleSeconds: number): object {
  const kernels = {
    cull_idle_timeout: idleSeconds,
    cull_interval: Math.max(1, Math.min(LOOK_SECONDS, Math.floor(idleSeconds / 4))),
    cull_connected: false,
    cull_busy: false,
  };
  return { MappingKernelManager: kernels, AsyncMappingKernelManager: kernels };
}
