import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './exit-codes.ts';

/** A secret's value: from a variable, typed at a prompt that shows nothing, or piped in. */
export async function readValue(name: string, fromEnv: string | undefined): Promise<string> {
  const value = fromEnv === undefined ? await askOrRead(name) : (process.env[fromEnv] ?? '');
  if (value === '')
    throw new UsageError(
      `No value for ${name}: type it at the prompt, pipe it in, or name a variable with --from-env.`,
    );
  return value;
}

async function askOrRead(name: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks)
      .toString()
      .replace(/\r?\n$/, '');
  }
  process.stderr.write(`${name}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  const value = await reader.question('');
  reader.close();
  process.stderr.write('\n');
  return value;
}
