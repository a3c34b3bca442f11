import { z } from 'zod';
import { webAddress } from '../system.ts';
import { apiType } from './wire.ts';

/** One key is one school at Edusign (documented), so an account is nothing but the address and its key. */
export const accountSettings = z.strictObject({
  url: webAddress
    .default('https://ext.edusign.fr')
    .describe('Address of the API; the documentation also names https://ext.edusign.com'),
});
export type AccountSettings = z.infer<typeof accountSettings>;

const retiredSystem = z
  .string()
  .trim()
  .min(1)
  .refine((name) => name !== apiType, { error: `must not name "${apiType}", which is us` });

/** Unknown names are refused, so that a mistyped option is told and not silently without effect. */
export const targetOptions = z.strictObject({
  sendCredentials: z.boolean().default(false).describe('Edusign mails their credentials to people who are added'),
  takeOverFrom: z
    .array(retiredSystem)
    .default([])
    .describe('API_TYPE of connectors that were switched off: what they made is taken over'),
});
export type TargetOptions = z.infer<typeof targetOptions>;
