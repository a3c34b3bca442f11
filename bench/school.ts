import type { StagedGroup, StagedMembership, StagedPerson } from '../store/staging.ts';

/** How large a generated school is. */
export interface SchoolSize {
  readonly persons: number;
  readonly groups: number;
  readonly memberships: number;
}

/** A generated school authority: the same size and night give the same rows; each night alters one more row in a hundred. */
export class GeneratedSchool {
  readonly #size: SchoolSize;
  readonly #night: number;

  /** @param night How often the school has changed since its first night, number 0; fifty times at most. */
  constructor(size: SchoolSize, night: number) {
    this.#size = size;
    this.#night = night;
  }

  *persons(): Generator<StagedPerson> {
    for (let index = 0; index < this.#size.persons; index += 1) {
      const surname = this.#isChanged(index) ? 'Andersson' : 'Lindqvist';
      yield {
        syncKey: personKey(index),
        school: `school-${index % 40}`,
        standing: 'valid',
        givenName: `Given${index % 1_000}`,
        familyName: `${surname}-${index}`,
        email: `person.${index}@pupil.example`,
        phone: '',
        username: `u${index}`,
        line: index + 1,
      };
    }
  }

  *groups(): Generator<StagedGroup> {
    for (let index = 0; index < this.#size.groups; index += 1) {
      yield {
        syncKey: groupKey(index),
        school: `school-${index % 40}`,
        standing: 'valid',
        title: this.#isChanged(index) ? `Course ${index} (new)` : `Course ${index}`,
        parentKey: index < 40 ? '' : groupKey(index % 40),
        type: 'course',
        line: index + 1,
      };
    }
  }

  *memberships(): Generator<StagedMembership> {
    const perGroup = Math.ceil(this.#size.memberships / this.#size.groups);
    for (let index = 0; index < this.#size.memberships; index += 1) {
      const group = Math.floor(index / perGroup);
      // A member that changes is another person: one place is given up and one is taken.
      const person =
        (group * 7 + (index % perGroup) * 131 + (this.#isChanged(index) ? 65_537 : 0)) % this.#size.persons;
      yield {
        parentKind: 'group',
        parentKey: groupKey(group),
        personKey: personKey(person),
        role: index % perGroup === 0 ? 'instructor' : 'learner',
        standing: 'valid',
        position: index % perGroup,
      };
    }
  }

  #isChanged(index: number): boolean {
    const changedIn = (index % 100) - 49;
    return changedIn >= 1 && changedIn <= this.#night;
  }
}

function personKey(index: number): string {
  return `person-${String(index).padStart(7, '0')}`;
}

function groupKey(index: number): string {
  return `group-${String(index).padStart(6, '0')}`;
}
