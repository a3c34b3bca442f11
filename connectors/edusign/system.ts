import { baseOf, type System } from '../system.ts';
import { accountSettings, targetOptions } from './options.ts';
import { openEdusign } from './target.ts';
import { defaultRates } from './wire.ts';

/** Edusign, the attendance platform. */
export const edusign = {
  code: 'edusign',
  name: 'Edusign',
  roles: ['target'],
  accountSettings,
  secretNames: ['apiKey'],
  targetOptions,
  sourceIdentity: (settings) => baseOf(accountSettings.parse(settings).url).href,
  defaultRates,
  // Credentials and requests to sign (assumed: the product's own domain).
  mailDomains: ['edusign.com'],
  openTarget: (access) => openEdusign(access),
} as const satisfies System;
