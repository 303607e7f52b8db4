/** What `start-jupyter/proxy` exports: the proxy inside another program. */
export { startProxy, type ProxyOptions, type RunningProxy } from './server.js';
