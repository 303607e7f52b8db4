/** A folder in the shape of a conda environment, in which the bed's JupyterLab 4 runs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { theBed } from './bed.js';

/** With a script that activation runs (SKY_DATA) and a variable of the environment's own (SKY_LEVEL). */
export function condaShaped(prefix: string): void {
  const jupyter4 = theBed().jupyter4;
  execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', prefix]);
  const lib = `lib/${readdirSync(join(prefix, 'lib'))[0] ?? ''}/site-packages`;
  writeFileSync(join(prefix, lib, 'bed.pth'), `${join(jupyter4, lib)}\n`);
  symlinkSync(join(jupyter4, 'share'), join(prefix, 'share'));
  for (const name of readdirSync(join(jupyter4, 'bin')).filter((one) => one.startsWith('jupyter'))) {
    const text = readFileSync(join(jupyter4, 'bin', name), 'utf8');
    writeFileSync(join(prefix, 'bin', name), text.replace(/^#!.*/, `#!${prefix}/bin/python`));
    chmodSync(join(prefix, 'bin', name), 0o755);
  }
  const write = (path: string, text: string): void => {
    mkdirSync(join(prefix, path, '..'), { recursive: true });
    writeFileSync(join(prefix, path), text);
  };
  write('conda-meta/history', '');
  write('conda-meta/state', JSON.stringify({ version: 1, env_vars: { SKY_LEVEL: 'high "$(id)"' } }));
  write('etc/conda/activate.d/sky.sh', 'export SKY_DATA="$CONDA_PREFIX/share/sky"\n');
}
