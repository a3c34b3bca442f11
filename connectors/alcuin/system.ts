import { baseOf, type System } from '../system.ts';
import { accountSettings, namedDirectories, sourceOptions } from './options.ts';
import { openAlcuin } from './source.ts';
import { defaultRates } from './wire.ts';

/** Alcuin OpenPortal, the ERP behind many French schools' timetables. */
export const alcuin = {
  code: 'alcuin',
  name: 'Alcuin',
  roles: ['source'],
  accountSettings,
  secretNames: ['password'],
  sourceOptions,
  // A school's test and production servers give the same ids to other records (seen in public client code).
  // Other directories are other people.
  sourceIdentity: (settings, options) => {
    const ids = namedDirectories(sourceOptions.parse(options)).map(({ option, id }) => `${option}=${id}`);
    return [baseOf(accountSettings.parse(settings).url).href, ...ids.sort()].join(' ');
  },
  reasonsIn: (options) => sourceOptions.parse(options).motifs ?? {},
  defaultRates,
  openSource: (access) => openAlcuin(access),
} as const satisfies System;
