import { findingMeanings, isFindingCode } from '../../../roster/finding-codes.ts';
import { type OpenFinding, openFindings } from '../../../store/findings.ts';
import { UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** Lists the open findings of a connection: whose move it is and what to do, once for each code. */
export async function findings(name: string, options: { code?: string; limit: number; json?: boolean }): Promise<void> {
  const { code } = options;
  if (code !== undefined && !isFindingCode(code)) {
    throw new UsageError(`There is no finding "${code}". There are: ${Object.keys(findingMeanings).join(', ')}.`);
  }
  await withSession('look', async ({ db }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const open = await db.organisation(organisationId, (tx) => openFindings(tx, connectionId));
    const chosen = open.filter((finding) => code === undefined || finding.code === code);
    if (options.json) {
      printJson('findings', { connection: name, findings: chosen.map((f) => ({ ...f, ...findingMeanings[f.code] })) });
      return;
    }
    if (chosen.length === 0) print(code === undefined ? 'No open finding.' : `No open finding with ${code}.`);
    for (const group of new Set(chosen.map((finding) => finding.code))) {
      const list = chosen.filter((finding) => finding.code === group);
      printGroup(group, list, options.limit);
    }
  });
}

function printGroup(code: OpenFinding['code'], list: readonly OpenFinding[], limit: number): void {
  const { severity, mover, next } = findingMeanings[code];
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
  print(`${paint(colour, code)} × ${list.length}, move of: ${mover}`);
  print(`  ${next.en}`);
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
    print(paint('dim', `  … and ${list.length - limit} more; --code ${code} --limit ${list.length}`));
  print();
}
