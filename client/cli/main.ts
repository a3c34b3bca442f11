import { CommanderError } from 'commander';
import { errorMeanings } from '../../roster/error-codes.ts';
import { RollcallError } from '../../roster/errors.ts';
import { ConfigurationFileError } from '../configuration-file.ts';
import { exitCodes, Refused, UsageError } from './exit-codes.ts';
import { program } from './program.ts';

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UsageError || error instanceof ConfigurationFileError) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.usage;
  }
  if (error instanceof Refused) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.refused;
  }
  if (error instanceof RollcallError) {
    process.stderr.write(`${error.code}: ${error.message}\n${errorMeanings[error.code].next.en}\n`);
    // A token of one organisation asked for another: refused like a role that may not.
    return error.code === 'ACTOR_ELSEWHERE' ? exitCodes.refused : exitCodes.failed;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.failed;
}

// Whoever reads only the first lines, as "head" does, has had enough: no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.done);
});

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
