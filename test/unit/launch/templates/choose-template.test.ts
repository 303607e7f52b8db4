/** Which template a launch takes, and which server, from what options, variables and configuration say together. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseTemplate } from '../../../../src/launch/templates/choose-template.js';
import type { LaunchOptions } from '../../../../src/launch/options.js';
import type { System } from '../../../../src/site/system.js';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'sj-choose-template-'));
  put('package/batch-templates/slurm/notebook.sh', 'notebook');
  put('site/templates/slurm/class.sh', 'jupyterlab');
  put('site/templates/slurm/open.sh', '');
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(file: string, server: string): void {
  mkdirSync(dirname(join(top, file)), { recursive: true });
  writeFileSync(join(top, file), `#!/bin/bash\nstart_session ${server}\n`);
}

interface Facts {
  batchScript?: string;
  server?: 'notebook' | 'jupyterlab';
  /** The options that came from a variable. */
  variables?: string[];
  /** Of the system: its template, and whose file says so. */
  template?: [name: string, layer: 'shipped' | 'site' | 'user'];
}

/** The template's path below `top` and the server. */
async function choose({ batchScript, server, variables = [], template }: Facts) {
  const context = {
    env: { HOME: join(top, 'home'), START_JUPYTER_CONFIG: join(top, 'site/systems.yaml') },
    platform: 'linux' as const,
    cwd: join(top, 'here'),
    packageFolder: join(top, 'package'),
  };
  const options = {
    ...(batchScript === undefined ? {} : { batchScript }),
    ...(server === undefined ? {} : { server }),
    from: (key: string) => (variables.includes(key) ? `START_JUPYTER_${key.toUpperCase()}` : `--${key}`),
  } as LaunchOptions;
  const files = { shipped: 'package', site: 'site', user: 'home/.config/start-jupyter' };
  const [name, layer] = template ?? [];
  const system = {
    values: name === undefined ? {} : { template: name },
    origins:
      layer === undefined ? {} : { template: { layer, file: join(top, files[layer], 'systems.yaml') } },
  } as System;
  const chosen = await chooseTemplate(context, options, system, ['slurm']);
  return [chosen.template?.path.slice(top.length + 1), chosen.server];
}

const CLASS = 'site/templates/slurm/class.sh';
const OPEN = 'site/templates/slurm/open.sh';

describe('the template and the server', () => {
  it.each<[Facts, (string | undefined)[]]>([
    [{}, [undefined, undefined]],
    [{ server: 'notebook' }, [undefined, 'notebook']],
    [{ batchScript: 'class' }, [CLASS, 'jupyterlab']],
    [{ batchScript: 'open' }, [OPEN, undefined]],
    [{ batchScript: 'open', server: 'notebook' }, [OPEN, 'notebook']],
    [{ batchScript: 'class', server: 'notebook', variables: ['server'] }, [CLASS, 'jupyterlab']],
    [{ batchScript: 'class', server: 'notebook', variables: ['template'] }, [undefined, 'notebook']],
    [{ batchScript: 'open', server: 'notebook', variables: ['template'] }, [OPEN, 'notebook']],
    [{ template: ['class', 'site'] }, [CLASS, 'jupyterlab']],
    [{ template: ['class', 'site'], server: 'jupyterlab' }, [CLASS, 'jupyterlab']],
    [{ template: ['class', 'site'], server: 'notebook' }, [undefined, 'notebook']],
    [{ template: ['open', 'site'], server: 'notebook' }, [OPEN, 'notebook']],
    [{ template: ['open', 'site'], batchScript: 'class' }, [CLASS, 'jupyterlab']],
  ])('%j', async (facts, expected) => {
    expect(await choose(facts)).toEqual(expected);
  });

  it.each([{}, { variables: ['server', 'template'] }])(
    'that exclude each other are refused: %j',
    async (more) => {
      await expect(choose({ batchScript: 'class', server: 'notebook', ...more })).rejects.toMatchObject({
        code: 'bad-option',
        message: expect.stringMatching(
          / do not go together: .*class\.sh starts jupyterlab itself\.$/,
        ) as string,
      });
    },
  );

  it('of a system that is wrong is refused as any other', async () => {
    writeFileSync(join(top, CLASS), '#!/bin/bash\n');
    await expect(choose({ template: ['class', 'site'] })).rejects.toMatchObject({ code: 'bad-template' });
  });
});

describe('a name that the configuration says', () => {
  const mine = 'home/.config/start-jupyter/templates/slurm/class.sh';

  it('means what is in its own layer and those below, whatever lies in a person’s folders', async () => {
    put(mine, 'notebook');
    put('here/class.sh', 'notebook');
    put('here/slurm/notebook.sh', 'notebook');
    expect(await choose({ template: ['class', 'site'] })).toEqual([CLASS, 'jupyterlab']);
    expect(await choose({ template: ['class.sh', 'user'] })).toEqual([mine, 'notebook']);
    expect(await choose({ template: ['slurm/notebook.sh', 'shipped'] })).toEqual([
      'package/batch-templates/slurm/notebook.sh',
      'notebook',
    ]);
    await expect(choose({ template: ['class', 'shipped'] })).rejects.toMatchObject({
      code: 'unknown-template',
    });
    expect(await choose({ batchScript: 'class' })).toEqual([mine, 'notebook']);
  });

  it('may be a file beside the configuration, but not when it is a template as well', async () => {
    put('site/job.sh', 'notebook');
    expect(await choose({ template: ['job.sh', 'site'] })).toEqual(['site/job.sh', 'notebook']);
    put('site/templates/job.sh', 'notebook');
    await expect(choose({ template: ['job.sh', 'site'] })).rejects.toMatchObject({
      code: 'unknown-template',
      hint: expect.stringContaining('./job.sh for the file') as string,
    });
  });
});
