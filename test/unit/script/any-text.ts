import fc from 'fast-check';

const nasty = fc.constantFrom(
  `'`,
  '"',
  '\\',
  '$',
  '$(',
  ')',
  '`',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '#',
  '!',
  '{{server}}',
);
const letter = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0');

/** Any text that a shell variable can hold, rich in the characters that quoting gets wrong. */
export const anyText = fc
  .oneof(
    fc.array(fc.oneof(nasty, letter), { maxLength: 40 }),
    fc.array(fc.oneof(nasty, letter), { minLength: 255, maxLength: 255 }),
  )
  .map((parts) => parts.join(''));
