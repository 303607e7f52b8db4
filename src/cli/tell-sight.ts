/** Tells a person what a session does: in one line that is written anew on a terminal, else a line for each change. */
import type { Sight } from '../launched/sight.js';
import {
  cannotTell,
  doubtWords,
  endsSoon,
  queuedNow,
  queuedWords,
  readyWords,
  runningNow,
  startingNow,
  startingWords,
  stoppingWords,
  tellsAgain,
  tryingAgain,
} from '../words/following.js';
import type { Console } from './console.js';

export interface Telling {
  console: Console;
  until: 'ready' | 'ended';
  /** When it was launched: from then on it waits. */
  since: Date;
  now: () => Date;
}

/** Of two times of its end: who tells them counts a little differently. */
const SAME_END_MS = 120_000;

export function createTeller({ console, until, since, now }: Telling): (sight: Sight) => void {
  const said = new Set<string>();
  const isNew = (what: string): boolean => {
    const before = said.size;
    return said.add(what).size > before;
  };
  /** Goes up when nothing could be told for a while: then what was said before is worth saying again. */
  let gaps = 0;
  const changed = (text: string): void => {
    if (!console.live && isNew(`${gaps} ${text}`)) console.say(text);
  };
  const live = (text: string): void => {
    if (console.live) console.doing(text);
  };
  let warnedOf: number | undefined;
  /** Whether the end is another one than that which was warned of: the session got more time. */
  const isLater = (endsAt: Date | undefined): boolean => {
    const end = endsAt?.getTime() ?? 0;
    if (warnedOf !== undefined && end - warnedOf < SAME_END_MS) return false;
    warnedOf = end;
    return true;
  };
  let phase: Sight['phase'] | undefined;
  let phaseSince = now();
  return (sight) => {
    if (sight.phase !== phase) {
      if (phase === 'unknown') {
        gaps += 1;
        console.say(tellsAgain());
      }
      phase = sight.phase;
      phaseSince = now();
    }
    const inPhase = now().getTime() - phaseSince.getTime();
    switch (sight.phase) {
      case 'queued':
        changed(queuedWords(sight.reason));
        live(queuedNow(sight, now().getTime() - since.getTime(), now()));
        break;
      case 'starting':
        changed(startingWords(sight.node));
        live(startingNow(sight.node, inPhase));
        break;
      case 'ready':
        if (isNew('ready')) console.say(readyWords(sight, now()));
        if (sight.doubt !== undefined && isNew(sight.doubt)) console.warn(doubtWords(sight.doubt));
        if (sight.warned && isLater(sight.endsAt)) console.warn(endsSoon(sight.endsAt, now()));
        if (until === 'ended') live(runningNow(sight.node, sight.endsAt, now()));
        break;
      case 'stopping':
        changed(stoppingWords(sight.said));
        live(stoppingWords(sight.said));
        break;
      case 'unknown':
        if (isNew(`${gaps} unknown`)) console.say(cannotTell(sight.why));
        live(tryingAgain(inPhase));
        break;
      case 'ended':
    }
  };
}
