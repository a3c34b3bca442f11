import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { linkLibraries } from '../../local/postgres-binaries.ts';
import { scratchFolder } from './support.ts';

it('makes the library links that npm held back, and may be asked again', async () => {
  const home = await scratchFolder();
  await mkdir(join(home, 'native', 'lib'), { recursive: true });
  await writeFile(join(home, 'native', 'lib', 'libpq.so.5.18'), 'library');
  const links = ['libpq.so', 'libpq.so.5'].map((name) => ({
    source: 'native/lib/libpq.so.5.18',
    target: `native/lib/${name}`,
  }));
  await writeFile(join(home, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  await linkLibraries(home);
  await linkLibraries(home);
  expect(await readlink(join(home, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  expect(await readFile(join(home, 'native', 'lib', 'libpq.so'), 'utf8')).toBe('library');
});
