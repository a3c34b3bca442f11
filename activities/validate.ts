import { AnswerScanner } from '../roster/answer-scanner.ts';
import { newsName, newsText, type ShapeNews } from '../roster/answer-shape.ts';
import type { Finding } from '../roster/finding-codes.ts';
import { noteAnswers, shapeCode } from '../store/answer-shape.ts';
import { readConnection } from '../store/connections.ts';
import type { Transaction } from '../store/database.ts';
import { labelled, settleFindings } from '../store/findings.ts';
import { rememberLessons } from '../store/lesson-seen.ts';
import { readRun } from '../store/runs.ts';
import { clearStaging, type Loaded, type StagedKind, stage, writeManifest } from '../store/staging.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import { type JudgedSnapshot, judgeSnapshot } from './load-snapshot.ts';
import { openSource } from './open-systems.ts';
import type { Services } from './services.ts';

/** Parses the snapshot, judges every record by the rules, and loads all of them into staging with their standing. */
export function validate(services: Services, run: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, run, 'validate', async (attempt) => {
    const { connection, source } = await openForReading(services, run, signal);
    const scanner = new AnswerScanner(source.answers);
    const judged = await judgeSnapshot(services, run, source, connection, (chunk) => scanner.add(chunk));
    const { asOf, hypothetical } = await services.db.organisation(run.organisationId, (tx) => readRun(tx, run.runId));
    return services.db.loading(run.organisationId, async (tx) => {
      await loadJudged(tx, run, judged);
      await rememberLessons(
        tx,
        run,
        judged.today,
        judged.lessons.map(({ syncKey, localDate }) => ({ syncKey, localDate })),
      );
      const known = { at: asOf, optional: source.answers?.optional ?? [] };
      // What other options of a preview read teaches nothing.
      const news = hypothetical ? [] : await noteAnswers(tx, run, scanner.seen(), known);
      const findings = [...(await labelled(tx, run, judged.findings)), ...news.map(shapeFinding)];
      const notKept = await settleFindings(tx, run, 'validate', findings);
      const counts = { ...countJudged(judged), ...notKept };
      await finishStep(tx, attempt, counts);
      return counts;
    });
  });
}

/** The run's snapshot after the rules. */
export async function readJudged(services: Services, run: RunRef, signal: AbortSignal): Promise<JudgedSnapshot> {
  const { connection, source } = await openForReading(services, run, signal);
  return judgeSnapshot(services, run, source, connection);
}

async function openForReading(services: Services, run: RunRef, signal: AbortSignal) {
  const connection = await services.db.organisation(run.organisationId, (tx) =>
    readConnection(tx, run.connectionId, run.runId),
  );
  return { connection, source: await openSource(services, connection, { signal }) };
}

/** A change of the answers' shape is no record's problem: it is kept under the name of its field. */
function shapeFinding(news: ShapeNews): Finding {
  return { code: shapeCode, kind: 'field', syncKey: newsName(news), detail: newsText(news) };
}

/** Fills staging of a run anew, with its manifest, in the loader's transaction. */
export async function loadJudged(tx: Transaction, run: RunRef, judged: JudgedSnapshot): Promise<void> {
  await clearStaging(tx, run.runId);
  const loaded = new Map<StagedKind, Loaded>([
    ['person', await stage(tx, run.runId, 'person', judged.persons)],
    ['group', await stage(tx, run.runId, 'group', judged.groups)],
    ['lesson', await stage(tx, run.runId, 'lesson', judged.lessons)],
    ['lesson_group', await stage(tx, run.runId, 'lesson_group', judged.lessonGroups)],
    ['membership', await stage(tx, run.runId, 'membership', judged.memberships)],
  ]);
  await writeManifest(tx, run, loaded);
}

function countJudged(judged: JudgedSnapshot): Counts {
  const valid = (rows: readonly { standing: string }[]) => rows.filter((row) => row.standing === 'valid').length;
  return {
    persons: judged.persons.length,
    'valid persons': valid(judged.persons),
    lessons: judged.lessons.length,
    'valid lessons': valid(judged.lessons),
    ...(judged.groups.length === 0 ? {} : { groups: judged.groups.length, 'valid groups': valid(judged.groups) }),
    ...unreadableCounts(judged),
    findings: judged.findings.length,
  };
}

/** Named as the plan reads them: each holds removals. */
function unreadableCounts({ unreadable }: JudgedSnapshot): Counts {
  const counts = {
    'unreadable lessons': unreadable.lesson,
    'unreadable groups': unreadable.group,
    'unreadable persons': unreadable.person,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
