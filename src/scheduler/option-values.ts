/** What may stand in the options that become directives. Checked where a value comes in, before anything is taken. */
import { noCount, noSize, notAWord, tooLong } from '../words/scheduler.js';

const LONGEST_VALUE = 256;

/**
 * A name or a list of names: partition, account, QOS, reservation. Letters, digits and `_ . , : + @ -`.
 * Throws 'bad-option' naming the option.
 */
export function checkedWord(option: string, value: string): string {
  return checked(option, value, /^[A-Za-z0-9_][A-Za-z0-9_.,:+@-]*$/, 'letters, digits and _ . , : + @ -');
}

/**
 * A constraint or a list of generic resources: `intel&gpu`, `[rack1|rack2]*2`, `gpu:v100:2,lscratch:10G`.
 * Throws 'bad-option' naming the option.
 */
export function checkedExpression(option: string, value: string): string {
  const grammar = /^[A-Za-z0-9_[(!][A-Za-z0-9_.,:=+@*&|!()[\]/-]*$/;
  return checked(option, value, grammar, 'letters, digits and _ . , : = + @ * & | ! ( ) [ ] / -');
}

/** A size of memory: `4G`, `500M`, `4000` (MB), in upper case. Throws 'bad-option' naming the option. */
export function checkedMemory(option: string, value: string): string {
  if (!/^[1-9]\d{0,11}[KMGT]?B?$/i.test(value)) {
    throw noSize(option, value);
  }
  return value.toUpperCase().replace(/B$/, '');
}

/** A count of nodes, CPUs or GPUs. Throws 'bad-option' naming the option. */
export function checkedCount(option: string, value: string): number {
  const count = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (count === 0) throw noCount(option, value);
  return count;
}

function checked(option: string, value: string, grammar: RegExp, allowed: string): string {
  if (value.length > LONGEST_VALUE) {
    throw tooLong(option, value, LONGEST_VALUE);
  }
  if (!grammar.test(value)) throw notAWord(option, value, allowed);
  return value;
}
