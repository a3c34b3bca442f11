import type { Language } from '../why-texts.ts';
import type { Telling } from './facts.ts';
import { fill, words } from './words.ts';

/**
 * The subject of a mail: codes and counts, never a person's name. Customers of an import know two literal subjects, on which
 * their mail rules act: of those anything held is a failure.
 */
export function subjectOf(telling: Telling, language: Language): string {
  return importSubject(telling) ?? `[Rollcall] ${nameOf(telling)}: ${gist(telling, language)}`;
}

function importSubject({ kind, connection, run, detail }: Telling): string | undefined {
  if (connection?.mailSubjects !== 'import') return undefined;
  const failed = 'Import finished with status Failed';
  if (kind === 'completed') return run !== null && run.held > 0 ? failed : 'Import finished with status Completed';
  // A reminder is not a further import.
  return kind === 'failed' || (kind === 'held' && !(Number(detail['reminder']) > 0)) ? failed : undefined;
}

/** A connection, or an organisation where it concerns all of them, as commands name it. */
export function nameOf({ organisation, connection }: Pick<Telling, 'organisation' | 'connection'>): string {
  return connection === null ? organisation.code : `${organisation.code}/${connection.code}`;
}

/** What a message says, in a few words. */
export function gist(telling: Telling, language: Language): string {
  const { kind, detail, run } = telling;
  switch (kind) {
    case 'completed':
      return lower(`${statusOf(telling, language)}, ${changesIn(run, language)}`);
    case 'failed':
      return `${lower(words.failed[language])}, ${String(detail['code'] ?? run?.code ?? '')}`;
    default:
      return lower(statusOf(telling, language));
  }
}

/** How the thing stands: the first line of a mail. */
export function statusOf({ kind, detail, run }: Telling, language: Language): string {
  switch (kind) {
    case 'started':
      return words.started[language];
    case 'completed':
      if (run?.planOnly) return words.planned[language];
      return run !== null && run.held > 0
        ? fill(words.completedHeld[language], { count: run.held })
        : words.completed[language];
    case 'failed':
      return words.failed[language];
    case 'held': {
      const count = Number(detail['count'] ?? 0);
      const what = count === 1 ? words.heldOne[language] : fill(words.held[language], { count });
      return Number(detail['reminder']) > 0 ? fill(words.heldAgain[language], { what: lower(what) }) : what;
    }
    case 'decided':
      return words.decided[language];
    case 'approval-expired':
      return words.expired[language];
    case 'paused':
      return phaseOf(detail['phase'])[language];
    case 'silence':
      return words.silence[language];
    case 'shape':
      return fill(words.shape[language], { system: String(detail['system'] ?? '') });
    case 'test':
      return words.test[language];
  }
}

function phaseOf(phase: unknown) {
  switch (phase) {
    case 'begins-soon':
      return words.pauseBeginsSoon;
    case 'ends-soon':
      return words.pauseEndsSoon;
    case 'ended':
      return words.pauseEnded;
    default:
      return words.pauseBegan;
  }
}

function changesIn(run: Telling['run'], language: Language): string {
  const wanted = run?.planOnly ? 'planned' : 'applied';
  const count = run?.changes.filter(({ state }) => state === wanted).reduce((sum, cell) => sum + cell.count, 0) ?? 0;
  if (count === 0) return words.subjectNoChange[language];
  return count === 1 ? words.subjectOneChange[language] : fill(words.subjectChanges[language], { count });
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
