import { expect, it } from 'vitest';
import { listensAtSockets } from '../../../src/jupyter/sockets.js';

it.each([
  [{ notebook: '6.4.12' }, 'notebook', true],
  [{ notebook: '6.1.0' }, 'notebook', true],
  [{ notebook: '6.0.3', jupyter_server: '2.14.0' }, 'notebook', false],
  [{ notebook: '5.7.8' }, 'notebook', false],
  [{ notebook: '7.2.1', jupyter_server: '2.14.0' }, 'notebook', true],
  [{ notebook: '6.4.12', jupyterlab: '4.2.0', jupyter_server: '2.14.0' }, 'jupyterlab', true],
  [{ jupyterlab: '3.0.0', jupyter_server: '1.4.1' }, 'jupyterlab', false],
  [{ jupyterlab: '3.2.0', jupyter_server: '1.10.0' }, 'jupyterlab', true],
  [{ jupyterlab: '2.3.0', notebook: '6.4.12' }, 'jupyterlab', false],
  [{}, 'jupyterlab', false],
] as const)('%j as %s listens at a socket: %s', (versions, server, does) => {
  expect(listensAtSockets(versions, server)).toBe(does);
});
