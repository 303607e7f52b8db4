import { describe, expect, it } from 'vitest';
import { createUndoStack } from '../../../src/launch/undo.js';

describe('what was taken', () => {
  it('is given back newest first, one after the other', async () => {
    const undo = createUndoStack();
    const done: string[] = [];
    for (const what of ['first', 'second', 'third']) {
      undo.push(what, async () => {
        done.push(`${what} starts`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push(`${what} ends`);
      });
    }
    expect(await undo.run()).toEqual([]);
    expect(done.join(', ')).toBe(
      'third starts, third ends, second starts, second ends, first starts, first ends',
    );
  });

  it('is all tried to be given back, and what fails is said in sentences', async () => {
    const undo = createUndoStack();
    const done: string[] = [];
    undo.push('remove /x', () => Promise.resolve(void done.push('removed')));
    undo.push('give the name a-b-c back', () => Promise.reject(new Error('The proxy does not answer.')));
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- other code may do so
    undo.push('cancel job 7', () => Promise.reject('not allowed'));
    expect(await undo.run()).toEqual([
      'Could not cancel job 7: not allowed.',
      'Could not give the name a-b-c back: The proxy does not answer.',
    ]);
    expect(done).toEqual(['removed']);
  });

  it('is given back once, also when it is asked for twice at a time', async () => {
    const undo = createUndoStack();
    let times = 0;
    undo.push('count', () => Promise.resolve(void (times += 1)));
    await Promise.all([undo.run(), undo.run()]);
    await undo.run();
    expect(times).toBe(1);
  });

  it('stays when it is forgotten', async () => {
    const undo = createUndoStack();
    let times = 0;
    undo.push('count', () => Promise.resolve(void (times += 1)));
    undo.forget();
    expect(await undo.run()).toEqual([]);
    expect(times).toBe(0);
  });
});
