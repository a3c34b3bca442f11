import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdusignClient } from '../../../connectors/edusign/client.ts';
import { readList } from '../../../connectors/edusign/lists.ts';
import { keyedShape } from '../../../connectors/edusign/wire.ts';
import type { HttpClient } from '../../../connectors/http.ts';
import { RollcallError } from '../../../roster/errors.ts';
import { testAccess } from '../doubles/access.ts';

/** Called before each page is cut: may put something in before an entry. */
type Edit = (list: number[], request: number) => void;

/** A list that is edited while it is read, and how often it was asked. */
function listOf(entries: number[], size: number, edit: Edit, readsPages = true) {
  let requests = 0;
  const http: HttpClient = {
    async send({ url }) {
      edit(entries, requests);
      requests += 1;
      const page = readsPages ? Number(url.searchParams.get('page')) : 0;
      const result = entries.slice(page * size, page * size + size).map((id) => ({ ID: id }));
      const body = new TextEncoder().encode(JSON.stringify({ status: 'success', result }));
      return { status: 200, mediaType: 'application/json', body };
    },
  };
  return { client: new EdusignClient(testAccess(), http), requests: () => requests };
}

function read(client: EdusignClient, pageSize: number | undefined): Promise<readonly { id: string }[]> {
  return readList(client, { path: 'group', entry: keyedShape, pageSize });
}

const sizes = fc.record({
  count: fc.integer({ min: 0, max: 40 }),
  size: fc.integer({ min: 1, max: 8 }),
  isKnown: fc.boolean(),
});
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a list that is read whole', () => {
  it('gives every entry once, whether the size of its pages is known or not', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, size, isKnown }) => {
        const { client, requests } = listOf(numbers(count), size, () => {});
        const told = await read(client, isKnown ? size : undefined);
        expect(told.map(({ id }) => Number(id))).toEqual(numbers(count));
        expect(requests()).toBeLessThanOrEqual(Math.floor(count / size) + 2);
      }),
    );
  });

  it('gives every entry once when the page number is not read and all of them fit', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, isKnown }) => {
        const { client } = listOf(numbers(count), 100, () => {}, false);
        const told = await read(client, isKnown ? 100 : undefined);
        expect(told.map(({ id }) => Number(id))).toEqual(numbers(count));
      }),
    );
  });

  // Less than a page between two requests: more than that, twice in a row, cannot be told from a page that is not read.
  it('never misses an entry that was there all the time, whatever is put in meanwhile', async () => {
    const edit = fc.record({ request: fc.nat(30), at: fc.nat(60), many: fc.integer({ min: 1, max: 7 }) });
    const edits = fc.uniqueArray(edit, { maxLength: 8, selector: ({ request }) => request });
    await fc.assert(
      fc.asyncProperty(sizes, edits, async ({ count, size, isKnown }, planned) => {
        let next = 1_000;
        const { client } = listOf(numbers(count), size, (list, request) => {
          const { at = 0, many = 0 } = planned.find((each) => each.request === request) ?? {};
          const added = Array.from({ length: Math.min(many, size - 1) }, () => next++);
          list.splice(Math.min(at, list.length), 0, ...added);
        });
        const told = await read(client, isKnown ? size : undefined).catch((error: unknown) => error);
        // It may be given up, but is never told in part.
        if (told instanceof RollcallError) return;
        const ids = (told as { id: string }[]).map(({ id }) => Number(id));
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toEqual(expect.arrayContaining(numbers(count)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 2, 3])('sees that page %i came twice in place of another', async (doubled) => {
    let faulty = true;
    const entries = numbers(14);
    const size = 4;
    const http: HttpClient = {
      async send({ url }) {
        const asked = Number(url.searchParams.get('page'));
        const page = faulty && asked === doubled ? asked - 1 : asked;
        if (asked === doubled) faulty = false;
        const result = entries.slice(page * size, page * size + size).map((ID) => ({ ID }));
        const body = new TextEncoder().encode(JSON.stringify({ status: 'success', result }));
        return { status: 200, mediaType: 'application/json', body };
      },
    };
    const told = await read(new EdusignClient(testAccess(), http), size);
    expect(told.map(({ id }) => Number(id))).toEqual(entries);
  });

  it('is given up when it does not end', async () => {
    let next = 0;
    const { client } = listOf([], 1, (list) => list.push(next++));
    await expect(read(client, 1)).rejects.toMatchObject({ message: expect.stringContaining('does not end') });
  });
});
