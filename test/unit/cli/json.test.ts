import { expect, it } from 'vitest';
import { jsonLine } from '../../../src/cli/json.js';

it('is one line with the version before everything', () => {
  expect(jsonLine({ text: 'two\nlines' })).toBe('{"version":1,"text":"two\\nlines"}\n');
});

it('ends with what was warned of and said, where there is any of it', () => {
  const nothing = { warnings: [], info: {} };
  expect(jsonLine({ id: 1 }, { held: nothing })).toBe('{"version":1,"id":1}\n');
  const held = { warnings: ['Late.'], info: { Site: 'Ours' } };
  expect(jsonLine({ id: 1 }, { held })).toBe(
    '{"version":1,"id":1,"warnings":["Late."],"info":{"Site":"Ours"}}\n',
  );
});

it('drives no terminal, whatever somebody else has said', () => {
  const said = Array.from({ length: 0x120 }, (_, code) => String.fromCharCode(code)).join('');
  const line = jsonLine({ said });
  expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect((JSON.parse(line) as { said: string }).said).toBe(said);
});
