import { describe, expect, inject, it } from 'vitest';
import { playRound } from './round.ts';

// Any round can be played again: npm run chaos -- --rounds 1 --seed SEED
const firstSeed = 1;
const rounds = 10;

describe.concurrent('chaos', () => {
  for (let seed = firstSeed; seed < firstSeed + rounds; seed += 1) {
    it(`seed ${seed}: whatever happens on the way, both systems end as the school says`, async () => {
      const { violations, story } = await playRound(
        {
          databaseServer: inject('databaseServer'),
          databaseTemplate: inject('databaseTemplate'),
          temporalAddress: inject('temporalAddress'),
          temporalBinary: inject('temporalBinary'),
        },
        seed,
      );
      expect(violations, `seed ${seed}\n${story.join('\n')}`).toEqual([]);
    }, 240_000);
  }
});
