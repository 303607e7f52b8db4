/** What the doctor says of a site's program for more time. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Surroundings } from '../../../../src/launch/doctor/examine.js';
import { lookForMoreTime } from '../../../../src/launch/doctor/more-time.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

let programs: FakePrograms;

beforeEach(async () => {
  programs = await fakePrograms();
});

afterEach(() => programs.remove());

const findings = (values: object) =>
  lookForMoreTime({ system: { name: 'hpc', values, origins: {} } } as unknown as Surroundings);

describe.skipIf(process.platform === 'win32')('the doctor, of a program for more time', () => {
  it('says nothing where the site has none', async () => {
    expect(await findings({})).toEqual([]);
  });

  it('names the one that will be asked', async () => {
    await programs.add('longer', 'exit 0');
    const program = join(programs.env['PATH'] ?? '', 'longer');
    expect(await findings({ hooks: { extend: program } })).toEqual([
      { topic: 'More time', verdict: 'good', text: `"start-jupyter extend" asks ${program}` },
    ]);
  });

  it.each(['nothing', '.', '/etc/passwd'])('doubts one that cannot be run: %s', async (name) => {
    const program = name.startsWith('/') ? name : join(programs.env['PATH'] ?? '', name);
    const [finding] = await findings({ hooks: { extend: program } });
    expect(finding).toMatchObject({ verdict: 'doubtful', cure: expect.stringContaining('hooks:') as string });
    expect(finding?.text).toContain(program);
  });
});
