import { describe, expect, it } from 'vitest';
import { jupyterConfig } from '../../../src/jupyter/settings.js';

const config = (idleSeconds?: number, family?: 'NotebookApp' | 'ServerApp') =>
  jupyterConfig({
    ...{ family, token: 't', rootDir: '/', asRoot: false },
    ...(idleSeconds === undefined ? {} : { idleSeconds }),
  }) as Record<string, Record<string, unknown>>;

describe('Jupyter’s configuration without an idle time', () => {
  it('leaves everything about it to the person’s own', () => {
    expect(JSON.stringify(config())).not.toMatch(/cull|no_activity/);
  });
});

describe('Jupyter’s configuration with an idle time', () => {
  it('says it to whichever class a person’s own might say it to', () => {
    const all = config(3600);
    const ended = Object.keys(all).filter((name) => all[name]?.['shutdown_no_activity_timeout'] === 3600);
    expect(ended).toEqual(['NotebookApp', 'ServerApp', 'LabApp', 'JupyterNotebookApp']);
    const culling = { cull_idle_timeout: 3600, cull_interval: 60, cull_connected: false, cull_busy: false };
    expect(all).toMatchObject({ MappingKernelManager: culling, AsyncMappingKernelManager: culling });
    expect(config(3600, 'NotebookApp')['NotebookApp']?.['shutdown_no_activity_timeout']).toBe(3600);
  });

  it('looks often enough where it is short', () => {
    expect(config(60)['MappingKernelManager']).toMatchObject({ cull_interval: 15 });
    expect(config(1)['MappingKernelManager']).toMatchObject({ cull_interval: 1 });
  });

  it('ends no terminals: Jupyter cannot tell a silent one from an idle one', () => {
    expect(JSON.stringify(config(3600))).not.toContain('Terminal');
  });
});
