import { writeFile } from 'node:fs/promises';
import { type FindingCode, findingMeanings, isFindingCode } from '../../../roster/finding-codes.ts';
import { listConnectionNames } from '../../../store/connections.ts';
import { type OpenFinding, openFindings } from '../../../store/findings.ts';
import { csv } from '../csv.ts';
import { UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable, printWrapped } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** An open finding with the connection it is of. */
interface Listed extends OpenFinding {
  readonly connection: string;
}

/** What is wrong, by reason: how many records, since when, whose move. With a code, record by record. */
export async function findings(
  name: string | undefined,
  options: { code?: string; csv?: string; limit: number; json?: boolean },
): Promise<void> {
  const { code } = options;
  if (code !== undefined && !isFindingCode(code)) {
    throw new UsageError(`There is no finding "${code}". There are: ${Object.keys(findingMeanings).join(', ')}.`);
  }
  await withSession('look', async (session) => {
    const open = await openIn(session, name);
    const chosen = open.filter((finding) => code === undefined || finding.code === code);
    if (options.csv !== undefined) {
      await writeFile(options.csv, csv(csvHeads, chosen.map(csvRow)));
      print(`${chosen.length} findings are in ${options.csv}.`);
    } else if (options.json) {
      printJson('findings', {
        connection: name ?? null,
        findings: chosen.map((f) => ({ ...f, ...findingMeanings[f.code] })),
      });
    } else if (chosen.length === 0) print(code === undefined ? 'No open finding.' : `No open finding with ${code}.`);
    else if (code === undefined) printReasons(chosen, name);
    else printRecords(code, chosen, options.limit);
  });
}

async function openIn({ db }: Session, name: string | undefined): Promise<Listed[]> {
  const names = name === undefined ? await db.operator(listConnectionNames) : [await findConnection(db, name)];
  const listed: Listed[] = [];
  for (const one of names) {
    const open = await db.organisation(one.organisationId, (tx) => openFindings(tx, one.connectionId));
    listed.push(
      ...open.map((finding) => ({ connection: `${one.organisationCode}/${one.connectionCode}`, ...finding })),
    );
  }
  return listed;
}

const severities = ['error', 'warning', 'info'] as const;
const colours = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** One line for each reason, the most serious and most frequent first. */
function printReasons(open: readonly Listed[], name: string | undefined): void {
  const byCode = new Map<FindingCode, Listed[]>();
  for (const finding of open) byCode.set(finding.code, [...(byCode.get(finding.code) ?? []), finding]);
  const rankOf = (code: FindingCode) => severities.indexOf(findingMeanings[code].severity);
  const reasons = [...byCode].sort(([a, as], [b, bs]) => rankOf(a) - rankOf(b) || bs.length - as.length);
  printTable(
    ['REASON', 'RECORDS', 'SINCE', 'MOVE OF', 'WHAT'],
    reasons.map(([code, list]) => [
      paint(colours[findingMeanings[code].severity], code),
      String(list.length),
      localTime(list.map(({ openedAt }) => openedAt).sort()[0] ?? null).slice(0, 16),
      findingMeanings[code].mover,
      findingMeanings[code].what.en,
    ]),
  );
  print();
  print(
    paint('dim', `Record by record: rollcall findings ${name ?? 'CONNECTION'} --code CODE; one record: rollcall why`),
  );
}

function printRecords(code: FindingCode, list: readonly Listed[], limit: number): void {
  const { severity, mover, next } = findingMeanings[code];
  print(`${paint(colours[severity], code)} × ${list.length}, move of: ${mover}`);
  printWrapped(next.en, 2);
  printTable(
    ['  RECORD', 'NAME', 'SINCE', 'WHAT HAPPENED'],
    list
      .slice(0, limit)
      .map((finding) => [
        `  ${finding.kind} ${finding.syncKey}`,
        finding.label,
        localTime(finding.openedAt),
        finding.detail,
      ]),
  );
  if (list.length > limit)
    print(paint('dim', `  … and ${list.length - limit} more: --limit ${list.length}, or --csv FILE`));
}

const csvHeads = [
  'connection',
  'code',
  'severity',
  'kind',
  'key',
  'name',
  'since',
  'what happened',
  'move of',
  'what to do',
];

function csvRow({ connection, code, kind, syncKey, label, openedAt, detail }: Listed): string[] {
  const { severity, mover, next } = findingMeanings[code];
  return [connection, code, severity, kind, syncKey, label, openedAt, detail, mover, next.en];
}
