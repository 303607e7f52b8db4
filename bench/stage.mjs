// Where launches happen: a user's own folder with a site's configuration, the proxy, and the relay in front of it.
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runAs, user } from './bed.mjs';
import { startProxy } from './proxy.mjs';
import { createClock, startRelay } from './relay.mjs';

/** Hands a stage to `work` and takes everything down afterwards, the user's jobs of it included. */
export async function onStage(bed, packageFolder, work) {
  const who = user(bed.users.bob);
  const folder = mkdtempSync('/var/tmp/start-jupyter-bench-stage-');
  chmodSync(folder, 0o700);
  chownSync(folder, who.uid, who.gid);
  const proxy = await startProxy(bed, packageFolder);
  const clock = createClock();
  const relay = await startRelay(proxy.port, clock);
  const site = join(folder, 'systems.yaml');
  writeFileSync(site, siteFile(bed, relay.port, proxy.caFile), { mode: 0o644 });
  const env = {
    PATH: `${bed.jupyter4}/bin:${who.env.PATH}`,
    SLURM_CONF: bed.slurmConf,
    START_JUPYTER_CONFIG: site,
    XDG_STATE_HOME: join(folder, 'state'),
  };
  const program = join(packageFolder, 'bin/start-jupyter.js');
  const launcher = [bed.node, program, '--json', '-p', 'debug', '-t', '5'];
  try {
    return await work({ who, folder, env, node: bed.node, launcher, relay, clock });
  } finally {
    await relay.close();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a site that start-jupyter does not ship writes it; the host's name says which system this is. */
function siteFile(bed, port, caFile) {
  return `systems:
  bench:
    hosts: ['${hostname().replaceAll('.', String.raw`\.`)}']
    scheduler: slurm
    endpoint: ${bed.domain}:${port}
    ca: ${caFile}
`;
}

export async function cancel({ who, env }, jobId) {
  await runAs(who, ['scancel', jobId], { env });
}
