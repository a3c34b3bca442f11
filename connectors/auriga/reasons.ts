import type { SourceReason } from '../../roster/contracts.ts';
import { absenceReasonsShape, absenceReasonsUrl, pageSize } from './auriga-wire.ts';
import { readLabel } from './cells.ts';
import type { AurigaClient } from './client.ts';
import { drifted } from './errors.ts';
import { mustBe } from './json.ts';
import { clean } from './text.ts';

/** Auriga's catalogue of absence reasons, whole or not at all. */
export async function readAbsenceReasons(client: AurigaClient): Promise<SourceReason[]> {
  const reasons: SourceReason[] = [];
  let pages = 1;
  for (let page = 1; page <= pages; page += 1) {
    const url = absenceReasonsUrl(client.base, { size: String(pageSize), page: String(page) });
    const answer = await client.ask('GET', url);
    const { content, totalPages } = mustBe(answer.body, absenceReasonsShape, 'absence reasons');
    if (page > 1 && totalPages !== pages) throw drifted('The absence reasons of Auriga changed while they were read.');
    pages = totalPages;
    for (const { id, code, caption, justified } of content) {
      reasons.push({ id, code: clean(code) || id, caption: readLabel(caption), justified: justified ?? false });
    }
  }
  return reasons;
}
