import type { Telling } from './facts.ts';

/** What a webhook gets of a message: codes, counts and names of connections, never of people. Times are UTC. */
export function webhookBody(messageId: string, telling: Telling): object {
  const { kind, detail, createdAt, organisation, connection, run, holds } = telling;
  return {
    schema: 'rollcall.message/1',
    id: messageId,
    kind,
    createdAt,
    organisation: { code: organisation.code, name: organisation.name },
    connection: connection === null ? null : { code: connection.code, name: connection.name, mode: connection.mode },
    detail,
    run,
    holds,
  };
}
