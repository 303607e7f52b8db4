/** undici in a module of its own: loaded only when a request is made, and named exports survive the bundling. */
export { Agent, buildConnector, request } from 'undici';
