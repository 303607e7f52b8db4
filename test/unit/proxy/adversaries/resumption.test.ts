/** A connection that was had before, taken up again under its own name, another one, and none. */
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../data/stage.js';
import { adversaryBed, MANAGE, type AdversaryBed, type Served } from './bed.js';
import { folder, openssl } from './openssl.js';

describe.each(['-tls1_2', '-tls1_3'])('openssl %s with a session that it was given', (version) => {
  let bed: AdversaryBed;
  let [one, other]: Served[] = [];
  const kept = join(folder, `session${version}`);

  beforeAll(async () => {
    bed = await adversaryBed();
    one = await bed.serve();
    other = await bed.serve();
  });
  afterAll(() => bed.close());

  async function ask(name: string, host: string, ...args: string[]): Promise<string> {
    const client = await openssl(bed, name, [version, '-ign_eof', ...args]);
    client.process.stdin.write(get(host));
    return client.output;
  }

  it('opens it anew, whatever name it gives, and gets what that name is', async () => {
    const first = await ask(one!.host, one!.host, '-sess_out', kept);
    expect(first).toContain(`notebook of ${one!.name}`);
    expect(readFileSync(kept, 'utf8')).toContain('SSL SESSION PARAMETERS');
    const again = (name: string, host: string) => ask(name, host, '-sess_in', kept);

    const cases = [
      [one!.host, one!.host, `notebook of ${one!.name}`],
      [other!.host, one!.host, `notebook of ${other!.name}`],
      [`never-given-out.${one!.host.split('.').slice(1).join('.')}`, one!.host, 'HTTP/1.1 421 '],
      ['', one!.host, 'HTTP/1.1 404 '],
      [MANAGE, one!.host, 'HTTP/1.1 404 '],
    ] as const;
    const heard = other!.backend.heard().length;
    for (const [name, host, answer] of cases) {
      const text = await again(name, host);
      expect(text).toMatch(/^New, TLSv1\.[23]/m);
      expect(text).not.toMatch(/^Reused, /m);
      expect(text).toContain(answer);
    }
    // The one request that was sent under its name, and no other.
    expect(other!.backend.heard().slice(heard)).toBe(get(one!.host));
    expect(one!.backend.heard()).toBe(get(one!.host).repeat(2));
  });
});
