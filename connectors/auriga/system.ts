import { baseOf, type System } from '../system.ts';
import { defaultRates } from './auriga-wire.ts';
import { accountSettings, sourceOptions } from './options.ts';
import { openAuriga } from './source.ts';

/** Auriga, the student information system of many French schools of engineering, behind its Keycloak. */
export const auriga = {
  code: 'auriga',
  name: 'Auriga',
  roles: ['source'],
  accountSettings,
  secretNames: ['clientSecret', 'password'],
  sourceOptions,
  // Another favourite may list another part of the school.
  sourceIdentity: (settings, options) => {
    const { interventionsDetailFavoriteQueryId: favourite } = sourceOptions.parse(options);
    return `${baseOf(accountSettings.parse(settings).url).href} interventions=${favourite}`;
  },
  reasonsIn: (options) => sourceOptions.parse(options).motifs ?? {},
  // Lessons made or first seen on their own day are sent: today belongs to the window here.
  sendsSameDay: true,
  defaultRates,
  openSource: (access) => openAuriga(access),
} as const satisfies System;
