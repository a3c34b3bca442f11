import { z } from 'zod';
import { webAddress } from '../system.ts';

/** One key is one school at Edusign (documented), so an account is nothing but the address and its key. */
export const accountSettings = z.strictObject({
  url: webAddress
    .default('https://ext.edusign.fr')
    .describe('Address of the API; the documentation also names https://ext.edusign.com'),
});
export type AccountSettings = z.infer<typeof accountSettings>;

/** Unknown names are refused, so that a mistyped option is told and not silently without effect. */
export const targetOptions = z.strictObject({
  sendCredentials: z.boolean().default(false).describe('Edusign mails their credentials to people who are added'),
});
export type TargetOptions = z.infer<typeof targetOptions>;
