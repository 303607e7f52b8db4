/** What `start-jupyter/proxy` exports: the proxy inside another program. */
export { startProxy } from './server.js';
export type { ProxyOptions, RunningProxy } from './proxy-options.js';
