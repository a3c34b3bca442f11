import axios from 'axios';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import { AnswerScanner } from '../../../roster/answer-scanner.ts';
import { judgeAnswers, type KnownShape, newsName } from '../../../roster/answer-shape.ts';
import type { RawChunk, Source } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { startAlcuin } from '../../../simulators/alcuin/server.ts';
import { collect, streamOf, testAccess } from '../doubles/access.ts';

let alcuin: Awaited<ReturnType<typeof startAlcuin>>;
let source: Source;
const window = lessonWindow(new Date().toISOString(), 14, 'Europe/Paris');

beforeAll(async () => {
  alcuin = await startAlcuin({ password: 'open-sesame-42', school: 'grande-ecole' });
  source = openAlcuin(testAccess({ settings: { url: alcuin.url }, options: { groups: true } }));
});
afterAll(() => alcuin.close());

const fetched = () => collect(source.fetch(window));

interface Page {
  readonly contenu: readonly Record<string, unknown>[];
}

/** The same answers, from a vendor who changed the events in them. */
function changed(chunks: readonly RawChunk[], change: (event: Record<string, unknown>) => object): RawChunk[] {
  return chunks.map((chunk) => {
    if (!chunk.part.startsWith('evenements')) return chunk;
    const page = JSON.parse(Buffer.from(chunk.body).toString()) as Page;
    return { ...chunk, body: Buffer.from(JSON.stringify({ ...page, contenu: page.contenu.map(change) })) };
  });
}

/** What is news in these answers after those that taught. */
function news(known: KnownShape, chunks: readonly RawChunk[]): { known: KnownShape; names: string[] } {
  const scanner = new AnswerScanner(source.answers);
  for (const chunk of chunks) scanner.add(chunk);
  const of = { at: new Date().toISOString(), optional: source.answers?.optional ?? [] };
  const judged = judgeAnswers(known, scanner.seen(), of);
  return { known: judged.known, names: judged.news.map(newsName) };
}

describe('the shape of the answers of Alcuin', () => {
  it('is the same after a month of what secretaries do', async () => {
    let { known, names } = news({}, await fetched());
    expect(names).toEqual([]);
    expect(Object.keys(known)).toEqual(expect.arrayContaining(['evenements.contenu', 'groupes.contenu']));
    for (let seed = 1; seed <= 4; seed += 1) {
      await axios.post(`${alcuin.controlUrl}/school`, { edit: 'churn', count: 60, seed });
      ({ known, names } = news(known, await fetched()));
      expect(names).toEqual([]);
    }
  });

  it('is another one when the vendor renames, drops or retypes a field', async () => {
    const chunks = await fetched();
    const { known } = news({}, chunks);
    const newsAfter = (change: (event: Record<string, unknown>) => object) =>
      news(known, changed(chunks, change)).names;
    expect(newsAfter((event) => event)).toEqual([]);
    expect(newsAfter(({ fin, ...event }) => ({ ...event, dateFin: fin })).sort()).toEqual([
      'evenements.contenu.dateFin: new',
      'evenements.contenu.fin: gone',
    ]);
    expect(newsAfter(({ dateCreation, ...event }) => event)).toEqual(['evenements.contenu.dateCreation: gone']);
    expect(newsAfter((event) => ({ ...event, id: String(event['id']) }))).toEqual(['evenements.contenu.id: text']);
    expect(newsAfter((event) => ({ ...event, formateurs: [] }))).toEqual(['evenements.contenu.formateurs: empty']);
  });

  it('has a state that is not known, which makes and removes nothing', async () => {
    const chunks = await fetched();
    const { known } = news({}, chunks);
    const odd = changed(chunks, (event) => ({ ...event, etat: event['etat'] === 'ACT' ? 'rep' : event['etat'] }));
    expect(news(known, odd).names).toEqual(['evenements.contenu.etat: REP']);
    const records = await collect(source.read(streamOf(...odd), window));
    const states = new Set(records.flatMap((record) => (record.kind === 'lesson' ? [record.state] : [])));
    expect(states.has('active')).toBe(false);
    expect(states.has('waiting')).toBe(true);
  });
});
