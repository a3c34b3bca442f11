import { type Logger, pino } from 'pino';

/** JSON lines on standard output. Write ids, codes and counts into it, never a person's data. */
export function createLog(name: string): Logger {
  return pino({ name, level: process.env['ROLLCALL_LOG_LEVEL'] ?? 'info', base: { name } });
}
