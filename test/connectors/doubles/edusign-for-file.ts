import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { Access, ApiTarget } from '../../../roster/contracts.ts';
import { testAccess } from './access.ts';
import { type EdusignDouble, edusignDouble } from './edusign-double.ts';

/** One double for all tests of a file, and targets that lead to it. */
export interface EdusignForFile {
  readonly double: EdusignDouble;
  /** Where it listens, once the first test begins. */
  readonly url: () => string;
  /** Rate classes that targets of {@link open} asked a place in, since the test began. */
  readonly paced: string[];
  open(changes?: Partial<Access>): ApiTarget;
}

/** Listens before the tests of a file, forgets everything before each, and closes after them. */
export function edusignForFile(): EdusignForFile {
  const double = edusignDouble();
  const paced: string[] = [];
  let url = '';
  beforeAll(async () => {
    url = await double.listen();
  });
  beforeEach(() => {
    double.clear();
    paced.length = 0;
  });
  afterAll(() => double.close());
  const pace = async (rateClass: string) => {
    paced.push(rateClass);
  };
  return {
    double,
    url: () => url,
    paced,
    open: (changes = {}) => openEdusign(testAccess({ settings: { url }, pace, ...changes })),
  };
}
