import type { GroupRecord, Place, UnreadableRecord } from '../../roster/records.ts';
import { type GroupColumn, groupColumns, partSeparator } from './auriga-wire.ts';
import { readLabel, segments } from './cells.ts';
import type { Row } from './columns.ts';
import type { Page } from './page.ts';
import { refuseIfMostly, rowsOf } from './table.ts';
import { cellText, readId } from './text.ts';

interface Draft {
  title: string;
  description: string;
  readonly members: Set<string>;
  readonly place: Place;
}

/** The lines of the favourite "Groups" read so far; a group on several lines is one. */
export class Groups {
  #drafts = new Map<string, Draft>();
  #unreadable: UnreadableRecord[] = [];
  #lines = 0;

  begin(): void {
    this.#drafts = new Map();
    this.#unreadable = [];
    this.#lines = 0;
  }

  add(page: Page): void {
    for (const { row, place } of rowsOf(page, groupColumns, ({ id }) => readId(id) !== undefined)) {
      this.#lines += 1;
      this.#take(row, place);
    }
  }

  *records(): Generator<GroupRecord | UnreadableRecord> {
    refuseIfMostly(
      this.#unreadable.filter(({ of }) => of === 'group'),
      this.#lines,
    );
    for (const [syncKey, { title, description, members, place }] of this.#drafts) {
      yield { kind: 'group', syncKey, title, description, directory: '', memberKeys: [...members], place };
    }
    yield* this.#unreadable;
  }

  #take(row: Row<GroupColumn>, place: Place): void {
    const id = readId(row.id);
    if (id === undefined) {
      this.#unreadable.push({ kind: 'unreadable', of: 'group', field: groupColumns.id.header, place });
      return;
    }
    const draft = this.#drafts.get(id) ?? { title: '', description: '', members: new Set<string>(), place };
    this.#drafts.set(id, draft);
    draft.title ||= readLabel(row.label);
    draft.description ||= cellText(row.code);
    for (const segment of segments(row.learners)) {
      // Ids only (documented); a cell that names people as the other favourite does begins with their ids as well.
      const member = readId(segment.split(partSeparator)[0]);
      if (member !== undefined) draft.members.add(member);
      else this.#unreadable.push({ kind: 'unreadable', of: 'person', field: groupColumns.learners.header, place });
    }
  }
}
