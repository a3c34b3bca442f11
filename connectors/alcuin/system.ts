import { baseOf, type System } from '../system.ts';
import { accountSettings, sourceOptions } from './options.ts';
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
  sourceIdentity: (settings) => baseOf(accountSettings.parse(settings).url).href,
  defaultRates,
  openSource: (access) => openAlcuin(access),
} as const satisfies System;
