// A process with a store: `node keeper.mjs MODULE FOLDER`. Takes {"id","call","args"} on standard input, a line each, and says
// {"id","value"} or {"id","error"} at once, so that a kill takes back nothing that was said.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [module, folder] = process.argv.slice(2);
const { openStore } = await import(module);
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`);
try {
  const store = await openStore(folder, (event, fields) => say({ log: event, fields }));
  say({ ready: true });
  const calls = createInterface({ input: process.stdin });
  // The tests are gone.
  calls.on('close', () => process.exit());
  calls.on('line', async (line) => {
    const { id, call, args } = JSON.parse(line);
    try {
      const value = await store[call](...args);
      say({ id, value });
    } catch (error) {
      say({ id, error: error.message });
    }
  });
} catch (error) {
  say({ refused: { code: error.code, message: error.message, hint: error.hint } });
}
