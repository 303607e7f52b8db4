import { describe, expect, it } from 'vitest';
import { chooseServer, startPath } from '../../../src/jupyter/server-choice.js';
import type { Server } from '../../../src/script/call.js';

const choose = (asked: Server | undefined, usual: Server, notebook?: string, jupyterlab?: string) =>
  chooseServer(asked, usual, {
    path: '/opt/bin/jupyter',
    versions: { ...(notebook ? { notebook } : {}), ...(jupyterlab ? { jupyterlab } : {}) },
  });

describe('the interface', () => {
  it('is the one that was asked for, whatever is safer', () => {
    expect(choose('notebook', 'notebook', '6.4.12', '4.6.1')).toEqual({ server: 'notebook' });
    expect(choose('jupyterlab', 'notebook', '7.6.0', '3.0.0')).toEqual({ server: 'jupyterlab' });
  });

  it.each<[Server, string | undefined, string | undefined, string]>([
    ['notebook', undefined, '4.6.1', 'Jupyter Notebook'],
    ['jupyterlab', '7.6.0', undefined, 'JupyterLab'],
  ])('cannot be a %s that is not installed', (asked, notebook, lab, title) => {
    expect(() => choose(asked, 'notebook', notebook, lab)).toThrow(
      expect.objectContaining({
        code: 'no-jupyter',
        message: `${title} is not installed with /opt/bin/jupyter.`,
        hint: expect.stringContaining(`pip install ${asked}`) as string,
      }),
    );
  });

  it('is the usual one', () => {
    expect(choose(undefined, 'notebook', '7.6.0', '4.6.1')).toEqual({ server: 'notebook' });
    expect(choose(undefined, 'notebook', '6.4.12')).toEqual({ server: 'notebook' });
    expect(choose(undefined, 'notebook', '6.4.12', '3.9.9')).toEqual({ server: 'notebook' });
    expect(choose(undefined, 'jupyterlab', '6.4.12', '4.6.1')).toEqual({ server: 'jupyterlab' });
  });

  it('is the other one where the usual one is not installed, and that is said', () => {
    expect(choose(undefined, 'notebook', undefined, '4.6.1')).toEqual({
      server: 'jupyterlab',
      note: 'Jupyter Notebook is not installed here: starting JupyterLab.',
    });
    expect(choose(undefined, 'jupyterlab', '7.6.0')).toMatchObject({ server: 'notebook' });
  });

  it.each(['4.0.0', '4.6.1', '5.0.0a1'])('is JupyterLab %s rather than the Notebook 6 beside it', (lab) => {
    const { server, note } = choose(undefined, 'notebook', '6.4.12', lab);
    expect(server).toBe('jupyterlab');
    expect(note).toContain(`JupyterLab ${lab}, which is safer than the Notebook 6.4.12 beside it`);
  });

  it('is none where none is installed', () => {
    expect(() => choose(undefined, 'notebook')).toThrow(expect.objectContaining({ code: 'no-jupyter' }));
  });

  it('opens where its own page is', () => {
    expect([startPath('notebook'), startPath('jupyterlab')]).toEqual(['tree', 'lab']);
  });
});
