// Says in plain words that Node is too old, before newer syntax does it in others. Import it first.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [major, minor] = engines.node.replace('>=', '').split('.').map(Number);
const [hereMajor, hereMinor] = process.versions.node.split('.').map(Number);

if (hereMajor < major || (hereMajor === major && hereMinor < minor)) {
  console.error(
    `This needs Node.js ${major}.${minor} or newer, and this is ${process.versions.node} (${process.execPath}).\n` +
      'Newer ones are at https://nodejs.org/, or by your system: nvm, fnm, module load nodejs, apt, brew.',
  );
  process.exit(1);
}
