import { randomBytes } from 'node:crypto';
import { applyConfiguration, type Configuration, organisationIdOf } from '../../store/configuration.ts';
import { goLive, listConnectionNames } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import { type MasterKeys, newMasterKey, parseMasterKeys } from '../../store/envelope.ts';

export const masterKeys = (): MasterKeys => parseMasterKeys(newMasterKey('k1'));

/** An organisation with one connection from Alcuin to Edusign, made by the same functions a user's file goes through. */
export async function makeOrganisation(
  db: Database,
  given: Partial<{
    code: string;
    alcuinUrl: string;
    edusignUrl: string;
    live: boolean;
    requestTimeoutMs: number;
    rates: Record<string, number>;
  }> = {},
) {
  const code = given.code ?? `school-${randomBytes(4).toString('hex')}`;
  const alcuinUrl = given.alcuinUrl ?? 'http://alcuin.example/api/';
  const configuration: Configuration = {
    organisation: { code, name: 'Test school', timeZone: 'Europe/Paris' },
    accounts: [
      {
        code: 'alcuin',
        system: 'alcuin',
        settings: { url: alcuinUrl },
        requestTimeoutMs: given.requestTimeoutMs ?? 5_000,
        rates: {},
      },
      {
        code: 'edusign',
        system: 'edusign',
        settings: { url: given.edusignUrl ?? 'http://edusign.example' },
        requestTimeoutMs: given.requestTimeoutMs ?? 5_000,
        rates: given.rates ?? { normal: 60_000, heavy: 60_000 },
      },
    ],
    connections: [
      {
        code: 'timetable',
        name: 'Timetable',
        sourceAccount: 'alcuin',
        targetAccount: 'edusign',
        sourceOptions: {},
        targetOptions: {},
        sourceIdentity: `alcuin ${alcuinUrl}`,
      },
    ],
  };
  const { id } = await db.operator((tx) => organisationIdOf(tx, code));
  await db.organisation(id, (tx) => applyConfiguration(tx, id, configuration));
  const names = await db.operator(listConnectionNames);
  const connection = names.find((name) => name.organisationId === id);
  if (connection === undefined) throw new Error('The connection was not made.');
  if (given.live ?? true) await db.organisation(id, (tx) => goLive(tx, connection.connectionId));
  return { configuration, ...connection };
}
