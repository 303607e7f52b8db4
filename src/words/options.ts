/** What is said of options and variables that cannot be read. */
import { StartJupyterError } from '../errors.js';

function refusal(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', message, { hint });
}

/** `option`: as it was given, by an option or a variable. */
export function emptyOption(option: string): StartJupyterError {
  return refusal(`${option} is empty.`, 'Leave it out, or give it a value.');
}

export function notOneOf(option: string, value: string, choices: readonly string[]): StartJupyterError {
  return refusal(`${option} cannot be ${JSON.stringify(value)}.`, `It is one of: ${choices.join(', ')}.`);
}

export function badPort(option: string, value: string): StartJupyterError {
  return refusal(`${option} cannot be ${value}.`, 'It is a port of your own computer, from 1024 to 65535.');
}

export function badNotify(option: string, value: string): StartJupyterError {
  return refusal(`${option} cannot be ${JSON.stringify(value)}.`, 'It is "mail", or mail=you@example.org.');
}

export function timeTwice(argument: string, option: string): StartJupyterError {
  const both = `${JSON.stringify(argument)} and --time ${JSON.stringify(option)}`;
  return refusal(`The time is given twice: ${both}.`, 'Leave one of them out.');
}

export function notTogether(one: string, other: string, hint = 'Choose one of them.'): StartJupyterError {
  return refusal(`${one} and ${other} do not go together.`, hint);
}

export function twoGpuKinds(one: string, other: string): StartJupyterError {
  return notTogether(one, other, 'Choose the one of the node’s GPUs.');
}

export function noSuchInterface(text: string): StartJupyterError {
  return refusal(
    `There is no interface ${JSON.stringify(text)}.`,
    'Choose -s notebook or -s jupyterlab (or lab).',
  );
}

export function imageForTime(time: string, looksLikeImage: boolean): StartJupyterError {
  return refusal(
    `${JSON.stringify(time)} is no time${looksLikeImage ? ' but looks like a container image' : ''}.`,
    '-i shows extra information about the job. A container image is given with -I or --image.',
  );
}

// Variables.

/** `option`: its name without the dashes. */
export function neitherYesNorNo(variable: string, text: string, option: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${variable} cannot be ${JSON.stringify(text)}`, {
    hint: `1, true, yes or on stand for --${option}; 0, false, no, off or nothing leave it out.`,
  });
}

/** `meant`: the variable that it may be a slip of. */
export function unknownVariable(name: string, meant: string | undefined): string {
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `The variable ${name} stands for no option and is ignored.${hint}`;
}
