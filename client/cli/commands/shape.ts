import {
  type KnownField,
  type KnownShape,
  newsName,
  newsText,
  type ShapeNews,
  valueKinds,
} from '../../../roster/answer-shape.ts';
import { acceptAnswers, readShape, type StoredShape } from '../../../store/answer-shape.ts';
import { recordCommand } from '../../../store/commands.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';

interface ShapeOptions {
  readonly accept?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

/** Shows which fields the answers of a connection's source have, and what of it changed; or takes that as usual. */
export async function shape(name: string, options: ShapeOptions): Promise<number> {
  if (options.accept) return accept(name, options);
  return withSession('look', async ({ db }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const stored = await db.organisation(organisationId, (tx) => readShape(tx, connectionId));
    if (options.json) printJson('shape', { connection: name, shape: stored ?? null });
    else if (stored === undefined) print('Nothing is known yet: no read, or none of answers in JSON.');
    else printShape(name, stored);
    return exitCodes.done;
  });
}

async function accept(name: string, { reason = '', json }: ShapeOptions): Promise<number> {
  if (reason.trim() === '') throw new UsageError('Say why with --reason: what the vendor said, and who.');
  return withSession('shape-accept', async (session) => {
    const accepted = await acceptAs(session, name, reason.trim());
    if (json) printJson('shape-accepted', { connection: name, accepted });
    else if (accepted.length === 0) print('Nothing is news: all of it is as usual already.');
    else {
      printNews(accepted);
      print(`\nFrom now on that is as usual. The findings close at the next read.`);
    }
    return exitCodes.done;
  });
}

async function acceptAs({ db, actor }: Session, name: string, reason: string): Promise<readonly ShapeNews[]> {
  const { organisationId, connectionId } = await findConnection(db, name);
  return db.organisation(organisationId, async (tx) => {
    const accepted = await acceptAnswers(tx, connectionId);
    const detail = { accepted: accepted.map(newsName) };
    const by = { organisationId, connectionId, actor: actor.name, role: actor.role, reason };
    if (accepted.length > 0) await recordCommand(tx, { ...by, action: 'shape-accept', detail });
    return accepted;
  });
}

function printShape(name: string, { known, news, learnedAt }: StoredShape): void {
  printTable(['FIELD', 'KINDS', 'IN', 'SINCE'], rowsOf(known, learnedAt));
  print();
  if (news.length === 0) {
    print(paint('green', 'Nothing changed.'));
    return;
  }
  printNews(news);
  print();
  print(paint('dim', `Once the vendor said that it is meant so: rollcall shape ${name} --accept --reason TEXT`));
}

function printNews(news: readonly ShapeNews[]): void {
  printTable(
    ['CHANGED', 'SINCE', 'WHAT'],
    news.map((one) => [paint('yellow', newsName(one)), localTime(one.since), newsText(one)]),
  );
}

function rowsOf(known: KnownShape, learnedAt: string): string[][] {
  const fields = Object.entries(known).flatMap(([place, object]) =>
    Object.entries(object.fields).map(([name, field]) => [`${place}.${name}`, field] as const),
  );
  return fields
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, field]) => [path, kindsOf(field), placesOf(field), localTime(field.since ?? learnedAt)]);
}

function kindsOf({ kinds }: KnownField): string {
  const known = valueKinds.filter((kind) => kinds[kind] !== undefined);
  return known.length === 0 ? 'always empty' : known.join(', ');
}

function placesOf({ usual, missingSince }: KnownField): string {
  if (missingSince !== null) return paint('yellow', 'none now');
  return usual === 'no' ? 'some' : usual === 'named' ? 'nearly all, some empty' : 'nearly all';
}
